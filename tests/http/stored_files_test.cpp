// /api/files: storing, listing, renaming, erasing.
#include "tests/http/form.hpp"
#include "tests/http/test_server.hpp"

#include <simdjson.h>

#include <cerrno>
#include <set>

namespace convertd {

namespace {

class StoredFiles : public TestServer {
protected:
  raw_response send(const std::string& parts, const std::string& who = key) {
    return client().ask(post("/api/files", parts + form_end, form_type + auth(who)));
  }
  raw_response ask(const std::string& target, const std::string& who = key) {
    return client().ask(get(target, auth(who)));
  }
  raw_response with_method(const std::string& method, const std::string& target,
                           const std::string& body = {}, const std::string& who = key) {
    auto text = post(target, body, auth(who) + "Content-Type: application/json\r\n");
    return client().ask(method + text.substr(4));
  }
  /// The answer's JSON; valid until the next call.
  simdjson::dom::element json(const raw_response& of) {
    EXPECT_TRUE(of.whole);
    return parser.parse(of.body);
  }
  std::string text_of(simdjson::dom::element x, std::string_view name) {
    return std::string{std::string_view{x[name]}};
  }
  std::string store(const std::string& bytes, const std::string& name = "a.png") {
    auto got = send(file("file", name, bytes, "text/html"));
    EXPECT_EQ(got.status, 200) << got.body;
    return text_of(json(got)["file"], "id");
  }
  std::string code_in(const raw_response& of) {
    return text_of(json(of), "code");
  }
  std::size_t files_on_disk() const {
    std::size_t count = 0;
    for (const auto& x : std::filesystem::recursive_directory_iterator{folder.path() / "files"})
      count += x.is_regular_file() ? 1 : 0;
    return count;
  }
  simdjson::dom::parser parser;
};

const std::string png = "\x89PNG\r\n\x1A\nand so on";

} // namespace

TEST_F(StoredFiles, AreStoredAsTheyAre) {
  start();
  auto got = send(file("file", "dir/a 1.png", png));
  ASSERT_EQ(got.status, 200) << got.body;
  simdjson::dom::element shown = json(got)["file"];
  EXPECT_EQ(text_of(shown, "filename"), "a 1.png");
  EXPECT_EQ(text_of(shown, "mime_type"), "image/png");
  EXPECT_EQ(std::uint64_t{shown["size_bytes"]}, png.size());
  EXPECT_TRUE(shown["folder_id"].is_null());
  EXPECT_EQ(text_of(shown, "downloadUrl"), text_of(shown, "download_url"));
  auto url = text_of(shown, "downloadUrl");
  ASSERT_TRUE(url.starts_with("http://test/api/files/"));
  auto content = client().ask(get(url.substr(11)));
  EXPECT_EQ(content.body, png);
  EXPECT_EQ(content.header("content-type"), "image/png");
}

TEST_F(StoredFiles, AreOfTheTypeThatTheirBytesSay) {
  start();
  auto id = store("<script>alert(1)</script>", "a.html");
  EXPECT_EQ(text_of(json(ask("/api/files/" + id))["file"], "mime_type"),
            "application/octet-stream");
}

TEST_F(StoredFiles, LargeOnesComeBackWhole) {
  start();
  auto bytes = std::string(300'000, 'x') + "end";
  auto got = send(file("file", "a.png", "left out") + file("files", "b.png", bytes));
  ASSERT_EQ(got.status, 200) << got.body;
  simdjson::dom::element shown = json(got)["file"];
  EXPECT_EQ(text_of(shown, "filename"), "b.png");
  EXPECT_EQ(client().ask(get(text_of(shown, "downloadUrl").substr(11))).body, bytes);
  EXPECT_EQ(files_on_disk(), 1U);
}

TEST_F(StoredFiles, ComeOneAtATime) {
  start();
  EXPECT_EQ(code_in(send("")), "missing_field");
  EXPECT_EQ(code_in(send(file("file", "a", "a") + file("file", "b", "b"))), "invalid_setting");
  EXPECT_EQ(files_on_disk(), 0U);
}

TEST_F(StoredFiles, AreRefusedBeyondThePlan) {
  start();
  auto got = send(file("file", "a.png", std::string(1'001, 'x')), "other-key");
  EXPECT_EQ(got.status, 413);
  write_batch batch{records};
  saved_file most;
  most.id = mint<file_id>(wall_clock());
  most.account = other;
  most.size = 99'900;
  batch.put_saved(most, {});
  batch.commit();
  got = send(file("file", "a.png", std::string(101, 'x')), "other-key");
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(code_in(got), "storage_limit");
  EXPECT_EQ(read_view{records}.totals(other).storage_bytes(), 99'900U);
}

TEST_F(StoredFiles, AreListedWithOutputs) {
  start();
  add_job(2, 1);
  store(png, "saved.png");
  auto shown = json(ask("/api/files"));
  EXPECT_EQ(std::uint64_t{shown["pagination"]["total"]}, 2U);
  std::set<std::string> names; // of one millisecond, maybe: in no particular order
  for (auto each : shown["files"].get_array())
    names.insert(text_of(each, "filename"));
  EXPECT_EQ(names, (std::set<std::string>{"photo 0.webp", "saved.png"}));
  shown = json(ask("/api/files?limit=1&offset=1"));
  EXPECT_EQ(shown["files"].get_array().size(), 1U);
  EXPECT_FALSE(bool{shown["pagination"]["hasMore"]});
  EXPECT_TRUE(bool{json(ask("/api/files?limit=1"))["pagination"]["hasMore"]});
  EXPECT_EQ(json(ask("/api/files?q=SAVED"))["files"].get_array().size(), 1U);
  EXPECT_EQ(json(ask("/api/files?mimePrefix=image/webp"))["files"].get_array().size(), 1U);
  EXPECT_EQ(json(ask("/api/files", "other-key"))["files"].get_array().size(), 0U);
  for (const auto* bad : {"limit=0", "limit=101", "offset=1000001", "offset=x"})
    EXPECT_EQ(ask(std::string{"/api/files?"} + bad).status, 400) << bad;
}

TEST_F(StoredFiles, LackOfDescriptorsIsRefusedWithRetryAfter) {
  start();
  auto path = "/api/files/" + store(png);
  actors.throw_at_rename(EMFILE);
  auto got = with_method("PATCH", path, R"({"filename": "a.png"})");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(code_in(got), "storage_full");
  EXPECT_FALSE(got.header("retry-after").empty());
  actors.throw_at_rename(EIO);
  EXPECT_EQ(with_method("PATCH", path, R"({"filename": "a.png"})").status, 500);
}

TEST_F(StoredFiles, AreRenamed) {
  start();
  auto id = store(png);
  auto path = "/api/files/" + id;
  auto got = with_method("PATCH", path, R"({"filename": "../caf\u00e9.png", "other": {}})");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(text_of(json(got)["file"], "filename"), "caf\xC3\xA9.png");
  auto url = text_of(json(ask(path))["file"], "downloadUrl");
  EXPECT_NE(client().ask(get(url.substr(11))).header("content-disposition").find("caf%C3%A9.png"),
            std::string::npos);
  EXPECT_EQ(code_in(with_method("PATCH", path, "{}")), "missing_field");
  EXPECT_EQ(code_in(with_method("PATCH", path, "[")), "invalid_json");
  EXPECT_EQ(code_in(with_method("PATCH", path, R"({"filename": ["x"]})")), "missing_field");
  auto long_body = R"({"filename": ")" + std::string(70'000, 'x') + "\"}";
  EXPECT_EQ(code_in(with_method("PATCH", path, long_body)), "invalid_json");
}

TEST_F(StoredFiles, AreErased) {
  start();
  auto id = store(std::string(100'000, 'x'));
  auto url = text_of(json(ask("/api/files/" + id))["file"], "downloadUrl");
  auto got = with_method("DELETE", "/api/files/" + id);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(bool{json(got)["success"]});
  EXPECT_FALSE(text_of(json(got), "message").empty());
  EXPECT_EQ(ask("/api/files/" + id).status, 404);
  EXPECT_EQ(client().ask(get(url.substr(11))).status, 404);
  EXPECT_EQ(with_method("DELETE", "/api/files/" + id).status, 404);
  EXPECT_EQ(files_on_disk(), 0U);
}

TEST_F(StoredFiles, AJobShowsThatItsOutputWasErased) {
  start();
  auto job = add_job(1, 1);
  auto path = "/api/jobs/" + to_text(job.id);
  auto id = text_of(json(ask(path))["results"].at(0), "storedFileId");
  EXPECT_EQ(with_method("DELETE", "/api/files/" + id).status, 200);
  simdjson::dom::element result = json(ask(path))["results"].at(0);
  EXPECT_TRUE(result["downloadUrl"].is_null());
  EXPECT_EQ(text_of(result, "status"), "completed");
  auto going_on = add_job(2, 1);
  id = text_of(json(ask("/api/jobs/" + to_text(going_on.id)))["results"].at(0), "storedFileId");
  EXPECT_EQ(code_in(with_method("DELETE", "/api/files/" + id)), "not_final");
}

TEST_F(StoredFiles, OfAnotherAccountAreNotFound) {
  start();
  auto path = "/api/files/" + store(png);
  EXPECT_EQ(ask(path, "other-key").status, 404);
  EXPECT_EQ(with_method("PATCH", path, R"({"filename": "x"})", "other-key").status, 404);
  EXPECT_EQ(with_method("DELETE", path, "", "other-key").status, 404);
  EXPECT_EQ(ask("/api/files/nonsense").status, 404);
  EXPECT_EQ(client().ask(get("/api/files")).status, 401);
}

} // namespace convertd
