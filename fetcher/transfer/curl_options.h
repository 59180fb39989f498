// The way to the network as libcurl's options: what http and ftp have in common.
#pragma once

#include <chrono>

#include "fetcher/plan/transfer_settings.h"

namespace slipway::fetcher {

enum class Tls { kNo, kYes };

// Sets proxies, trusted authorities, TLS (always verified), the limit for connecting and the buffer
// of `easy`, a CURL*. Gives a CURLcode: 0, or the verdict on the first option that libcurl refuses.
int set_network_options(void* easy, const Network& network, Tls tls,
                        std::chrono::milliseconds connect);

}  // namespace slipway::fetcher
