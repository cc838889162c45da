// The listening socket, and the address of who connects.
#pragma once

#include "http/front_options.hpp"
#include "http/peer_address.hpp"
#include "storage/fd.hpp"

#include <cstdint>
#include <string>

namespace convertd {

/// The inherited socket of `from`, or a new one, bound and listening, not blocking; throws
/// std::system_error, or std::invalid_argument for an address that is no literal.
owned_fd open_listener(const front_options& from);

/// The port that `listener` is bound to.
std::uint16_t port_of(int listener);

struct accepted {
  owned_fd socket; ///< Not blocking, close-on-exec, TCP_NODELAY.
  peer_address peer;
};

/// The next connection; without a socket, errno says why there is none.
accepted accept_from(int listener);

} // namespace convertd
