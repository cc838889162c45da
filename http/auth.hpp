// Who sends a request.
#pragma once

#include "http/exchange.hpp"
#include "http/services.hpp"
#include "job/account.hpp"
#include "storage/store.hpp"

#include <string_view>

namespace convertd {

/// How a key is kept and looked up. Keys are "ck_" and 43 characters of base64url: 256 random bits.
key_hash hash_of_key(std::string_view key);

/// The account whose key `x` carries, in `Authorization: Bearer` or `x-api-key`. Throws
/// request_refused: missing_key, invalid_key. A resumed request was asked already.
account_id authenticate(exchange& x, const read_view& view);

/// The same for a key with the scope admin. Throws request_refused: forbidden for any other.
account_id authenticate_admin(exchange& x, const read_view& view);

/// The key that `x` carries has the scope admin. Throws like authenticate().
bool is_admin(const exchange& x, const read_view& view);

/// The plan of an account. Throws request_refused: forbidden, when the configuration does not know
/// it.
const plan& plan_of(account_id account, const read_view& view, const http_options& options);

} // namespace convertd
