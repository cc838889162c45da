#include "http/signed_url.hpp"
#include "http/text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr timestamp noon{milliseconds{1'800'000'000'000}}; // a full hour

struct parts {
  std::string exp;
  std::string sig;
};

parts parts_of(const std::string& url) {
  auto exp = url.find("exp=");
  auto sig = url.find("&sig=");
  return {url.substr(exp + 4, sig - exp - 4), url.substr(sig + 5)};
}

class SignedUrl : public testing::Test {
protected:
  url_signer signer{signing_key{1, 2, 3}, std::chrono::hours{1}};
  file_id id = mint<file_id>(noon);
};

std::filesystem::path temporary_folder() {
  std::string name = testing::TempDir() + "/signed-url-XXXXXX";
  return mkdtemp(name.data());
}

} // namespace

TEST_F(SignedUrl, HoldsForOneToTwoHours) {
  for (auto offset : {0, 1, 1799'999, 3599'999}) {
    auto now = noon + milliseconds{offset};
    auto [exp, sig] = parts_of(signer.url("http://h", id, now));
    EXPECT_TRUE(signer.verify(id, exp, sig, now));
    EXPECT_TRUE(signer.verify(id, exp, sig, now + std::chrono::hours{1} - milliseconds{1}));
    EXPECT_FALSE(signer.verify(id, exp, sig, now + std::chrono::hours{2}));
  }
}

TEST_F(SignedUrl, StaysTheSameWithinAnHour) {
  auto first = signer.url("http://h", id, noon + milliseconds{1});
  EXPECT_EQ(first, signer.url("http://h", id, noon + milliseconds{3599'000}));
  EXPECT_NE(first, signer.url("http://h", id, noon + milliseconds{3601'000}));
  EXPECT_TRUE(first.starts_with("http://h/api/files/" + to_text(id) + "/content?exp="));
}

TEST_F(SignedUrl, RefusesWhatWasChanged) {
  auto [exp, sig] = parts_of(signer.url("", id, noon));
  EXPECT_FALSE(signer.verify(mint<file_id>(noon), exp, sig, noon));
  EXPECT_FALSE(signer.verify(id, exp + "0", sig, noon));
  EXPECT_FALSE(signer.verify(id, exp, sig + "0", noon));
  EXPECT_FALSE(signer.verify(id, exp, sig.substr(1), noon));
  EXPECT_FALSE(signer.verify(id, "", "", noon));
  auto other = sig;
  other[0] = other[0] == '0' ? '1' : '0';
  EXPECT_FALSE(signer.verify(id, exp, other, noon));
  EXPECT_FALSE((url_signer{signing_key{9}, std::chrono::hours{1}}.verify(id, exp, sig, noon)));
}

TEST(SigningKey, IsMadeOnceAndPrivate) {
  auto path = temporary_folder() / "url.key";
  auto made = load_or_create_signing_key(path);
  EXPECT_EQ(made, load_or_create_signing_key(path));
  EXPECT_NE(made, signing_key{});
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST(SigningKey, RefusesAFileThatIsNone) {
  auto path = temporary_folder() / "url.key";
  std::ofstream{path} << "short";
  EXPECT_THROW(load_or_create_signing_key(path), std::runtime_error);
}

} // namespace convertd
