#include "app/administer.hpp"
#include "app/control_message.hpp"
#include "app/control_server.hpp"
#include "app/data_directory.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <sys/socket.h>

namespace convertd {
namespace {

deadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds{10};
}

class ControlServerTest : public testing::Test {
protected:
  ControlServerTest() {
    with.data = folder.path();
    with.store.map = 16 * mib;
    lock.emplace(with.data);
    records.emplace(lock->store_folder(), store_options{.map_bytes = with.store.map});
    server.emplace(control_socket(with.data), *records, direct_executor(*records));
  }

  void stop() {
    server.reset();
    records.reset();
    lock.reset();
  }

  std::optional<std::string> say(const std::string& line) {
    auto connection = connect_to(control_socket(with.data));
    EXPECT_TRUE(connection);
    send_line(connection.get(), line, -1, soon());
    return read_line(connection.get(), control_bytes_max, -1, soon());
  }

  temp_dir folder;
  settings with;
  std::optional<data_directory> lock;
  std::optional<store> records;
  std::optional<control_server> server;
};

TEST_F(ControlServerTest, SameQuestionsAreAnsweredWithAndWithoutServer) {
  auto made = administer(with, {.verb = admin_verb::create_key, .account = "a"});
  EXPECT_EQ(made.key.size(), 46u);
  auto running = to_json(administer_list(with, {.verb = admin_verb::list_keys}));
  stop();
  EXPECT_EQ(to_json(administer_list(with, {.verb = admin_verb::list_keys})), running);
}

TEST_F(ControlServerTest, RefusalCrossesTheSocket) {
  auto reply = administer(with, {.verb = admin_verb::revoke_key, .key = "ck_none"});
  EXPECT_EQ(reply.error.code, ec::not_found);
}

TEST_F(ControlServerTest, ListOfManyPagesIsComplete) {
  {
    write_batch batch{*records};
    for (int i = 0; i < 250; ++i)
      batch.add_account("account" + std::to_string(i), "free", wall_clock());
    batch.commit();
  }
  EXPECT_EQ(administer_list(with, {.verb = admin_verb::list_accounts}).accounts.size(), 250u);
}

TEST_F(ControlServerTest, SocketIsForTheOwnerOnly) {
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(control_socket(with.data)).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(ControlServerTest, NonsenseGetsAReplyAndTheServerGoesOn) {
  auto reply = say("hello");
  ASSERT_TRUE(reply);
  EXPECT_EQ(parse_admin_reply(*reply)->error.code, ec::invalid_json);
  EXPECT_FALSE(administer(with, {.verb = admin_verb::list_keys}).error);
}

TEST_F(ControlServerTest, LineThatIsTooLongIsRefused) {
  say(std::string(2 * control_bytes_max, 'x')); // the reply may be lost with what was not read
  EXPECT_FALSE(administer(with, {.verb = admin_verb::list_keys}).error);
}

TEST_F(ControlServerTest, ClientThatLeavesInTheMiddleDoesNoHarm) {
  {
    auto connection = connect_to(control_socket(with.data));
    ASSERT_EQ(send(connection.get(), "{\"verb\"", 7, MSG_NOSIGNAL), 7);
  }
  EXPECT_FALSE(administer(with, {.verb = admin_verb::list_keys}).error);
}

TEST_F(ControlServerTest, StopDoesNotWaitForASilentClient) {
  auto connection = connect_to(control_socket(with.data));
  auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{2});
  EXPECT_FALSE(std::filesystem::exists(control_socket(with.data)));
}

TEST_F(ControlServerTest, SocketThatAKilledServerLeftIsReplaced) {
  stop();
  auto path = control_socket(with.data);
  { auto left = listen_at(path); }
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(connect_to(path));
  EXPECT_FALSE(administer(with, {.verb = admin_verb::list_keys}).error);
  auto again = listen_at(path);
  EXPECT_TRUE(connect_to(path));
}

TEST_F(ControlServerTest, PathMayBeLongerThanASocketAddress) {
  auto deep = folder.path() / std::string(100, 'a') / std::string(100, 'b');
  std::filesystem::create_directories(deep);
  auto listening = listen_at(deep / "control.sock");
  EXPECT_TRUE(connect_to(deep / "control.sock"));
}

TEST_F(ControlServerTest, LockedDirectoryWithoutAnAnswerIsAClearError) {
  server.reset();
  try {
    administer(with, {.verb = admin_verb::list_keys});
    FAIL() << "the lock is held";
  } catch (const data_directory_error& x) {
    EXPECT_NE(std::string{x.what()}.find("Nothing answers"), std::string::npos) << x.what();
  }
}

TEST_F(ControlServerTest, OnlyMakingSomethingMakesADataDirectory) {
  with.data = folder.path() / "none";
  EXPECT_THROW(administer(with, {.verb = admin_verb::list_keys}), data_directory_error);
  EXPECT_FALSE(std::filesystem::exists(with.data));
  EXPECT_FALSE(administer(with, {.verb = admin_verb::create_account, .account = "a"}).error);
}

} // namespace
} // namespace convertd
