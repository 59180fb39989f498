// The way to the network as libcurl's options: what http and ftp have in common.
#pragma once

#include <chrono>

#include "fetcher/plan/transfer_settings.h"
#include "fetcher/transfer/authorities.h"

namespace slipway::fetcher {

enum class Tls { kNo, kYes };

// Whom TLS trusts: the settings' choice, else that of this process's environment.
Authorities trusted_authorities(const Network& network);

// Whether the settings or the environment name a proxy, for whatever hosts.
bool knows_proxy(const Network& network);

// Sets proxies, trusted authorities, TLS (always verified), the limit for connecting and the buffer
// of `easy`, a CURL*. Gives a CURLcode: 0, or the verdict on the first option that libcurl refuses.
int set_network_options(void* easy, const Network& network, Tls tls,
                        std::chrono::milliseconds connect);

}  // namespace slipway::fetcher
