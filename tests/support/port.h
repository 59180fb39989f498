// Ports for servers that cannot be handed a socket.
#pragma once

namespace slipway::tests {

// A port of 127.0.0.1 that was free a moment ago, which it mostly still is. Throws.
int free_port();
// Waits until somebody accepts connections there. Throws where nobody does.
void await_server(int port);

}  // namespace slipway::tests
