// The rules of an HTTP request, as libcurl's options: all of them in one place.
#pragma once

#include <chrono>

#include "fetcher/transfer/http_client.h"

namespace slipway::fetcher {

// Sets everything but the callbacks and HttpRequest::headers on `easy`, a CURL*. Gives a CURLcode:
// 0, or the verdict on the first option that libcurl refuses.
int set_options(void* easy, const HttpRequest& request, std::chrono::milliseconds connect);

}  // namespace slipway::fetcher
