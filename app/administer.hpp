// Administration from the command line, whether a server is running or not.
#pragma once

#include "app/admin.hpp"
#include "config/settings.hpp"

namespace convertd {

/// Asks the server that listens at the data directory's control socket. Without one takes the lock,
/// opens the store as the directory's owner and does it here. Throws data_directory_error,
/// store_error, std::system_error; a refusal is in the reply.
admin_reply administer(const settings& with, const admin_request& what);

/// The reply to a list, asked for until it is complete.
admin_reply administer_list(const settings& with, admin_request what);

} // namespace convertd
