#include "app/administer.hpp"

#include "app/control_message.hpp"
#include "app/control_server.hpp"
#include "app/data_directory.hpp"
#include "app/store_child.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace convertd {

namespace {

[[noreturn]] void no_answer(const settings& with) {
  throw data_directory_error{"The server that uses " + with.data.string()
                             + " did not answer at its control socket."};
}

admin_reply ask_server(int connection, const settings& with, const admin_request& what) {
  // The server counts from when it takes the connection, which may be after another request.
  auto until = std::chrono::steady_clock::now() + 2 * control_time_max;
  if (!send_line(connection, to_json(what), -1, until))
    no_answer(with);
  auto line = read_line(connection, control_bytes_max, -1, until);
  auto reply = line ? parse_admin_reply(*line) : std::nullopt;
  if (!reply)
    no_answer(with);
  return *reply;
}

/// A mistyped path must not look like an empty server.
void expect_there(const settings& with, admin_verb verb) {
  std::error_code ignored;
  auto makes = verb == admin_verb::create_key || verb == admin_verb::create_account;
  if (!makes && !std::filesystem::exists(with.data, ignored))
    throw data_directory_error{"The data directory " + with.data.string() + " does not exist."};
}

admin_reply do_it_here(const settings& with, const admin_request& what) {
  expect_there(with, what.verb);
  become_owner_of(with.data);
  try {
    data_directory data{with.data};
    opening_check{data.path(), with.store}.pass();
    store records{data.store_folder(), {.map_bytes = with.store.map}};
    return perform(records, direct_executor(records), what);
  } catch (const data_directory_in_use& x) {
    throw data_directory_error{std::string{x.what()}
                               + " Nothing answers at its control socket: it may be starting or "
                                 "stopping. Try again."};
  }
}

} // namespace

admin_reply administer(const settings& with, const admin_request& what) {
  if (auto connection = connect_to(control_socket(with.data)))
    return ask_server(connection.get(), with, what);
  return do_it_here(with, what);
}

admin_reply administer_list(const settings& with, admin_request what) {
  admin_reply result;
  do {
    auto page = administer(with, what);
    if (page.error)
      return page;
    std::move(page.keys.begin(), page.keys.end(), std::back_inserter(result.keys));
    std::move(page.accounts.begin(), page.accounts.end(), std::back_inserter(result.accounts));
    what.from = static_cast<std::uint32_t>(result.keys.size() + result.accounts.size());
    result.more = page.more;
  } while (result.more);
  return result;
}

} // namespace convertd
