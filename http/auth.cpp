#include "http/auth.hpp"

#include "http/request_refused.hpp"
#include "http/sha256.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <openssl/evp.h>

namespace convertd {

namespace {

std::string_view key_in(const request_head& head) {
  constexpr std::string_view scheme = "Bearer ";
  auto given = head.header("Authorization").value_or("");
  if (same_word(given.substr(0, scheme.size()), scheme))
    return trimmed(given.substr(scheme.size()));
  return head.header("x-api-key").value_or("");
}

} // namespace

key_hash hash_of_key(std::string_view key) {
  key_hash hash{};
  unsigned size = 0;
  if (EVP_Digest(key.data(), key.size(), hash.data(), &size, sha256_method(), nullptr) != 1)
    throw request_refused{ec::internal};
  return hash;
}

namespace {

key_record key_of(const exchange& x, const read_view& view) {
  auto key = key_in(x.head());
  if (key.empty())
    throw request_refused{ec::missing_key};
  // Looking up by hash needs no constant time: how far a wrong hash agrees with a right one may
  // show, but nobody can choose the bits of a SHA-256, and the key itself is compared nowhere.
  auto found = view.key(hash_of_key(key));
  if (!found)
    throw request_refused{ec::invalid_key};
  return *found;
}

} // namespace

account_id authenticate(exchange& x, const read_view& view) {
  if (!x.resumed())
    x.notes().account = key_of(x, view).account;
  return x.notes().account;
}

account_id authenticate_admin(exchange& x, const read_view& view) {
  auto key = key_of(x, view);
  if (!key.admin)
    throw request_refused{ec::forbidden, "This needs a key with the scope admin."};
  return x.notes().account = key.account;
}

bool is_admin(const exchange& x, const read_view& view) {
  return key_of(x, view).admin;
}

const plan& plan_of(account_id account, const read_view& view, const http_options& options) {
  auto record = view.account(account);
  if (!record)
    throw request_refused{ec::invalid_key};
  auto found = std::ranges::find(options.plans, record->plan, &plan::name);
  if (found == options.plans.end())
    throw request_refused{ec::forbidden, "The account's plan is not configured on this server."};
  return *found;
}

} // namespace convertd
