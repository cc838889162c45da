#include "codec/channel.hpp"
#include "codec/message.hpp"
#include "tests/codec/codec_fixture.hpp"

#include <cstring>
#include <functional>
#include <random>

namespace convertd {
namespace {

TEST(MessageTest, OrderComesBackAsItWas) {
  codec_order x;
  x.source_format = image_format::tiff;
  x.source_offset = 1ull << 40;
  x.source_length = 12345;
  x.what = {.target = image_format::webp,
            .quality = 7,
            .resize = resize_mode::ecommerce,
            .width = 2000,
            .height = 3,
            .auto_orient = false,
            .strip_metadata = true,
            .op = operation::compress,
            .mode = compress_mode::target_size,
            .target_bytes = 1ull << 33,
            .lossless = true};
  x.limits = {.frame_pixels_max = 1,
              .frames_max = 2,
              .total_pixels_max = 3,
              .output_side_max = 4,
              .time_max = std::chrono::milliseconds(5),
              .output_bytes_max = 6};
  auto y = to_order(to_message(x));
  EXPECT_EQ(y.source_format, x.source_format);
  EXPECT_EQ(y.source_offset, x.source_offset);
  EXPECT_EQ(y.source_length, x.source_length);
  EXPECT_EQ(y.what, x.what);
  EXPECT_EQ(y.limits.frame_pixels_max, 1u);
  EXPECT_EQ(y.limits.frames_max, 2u);
  EXPECT_EQ(y.limits.total_pixels_max, 3u);
  EXPECT_EQ(y.limits.output_side_max, 4u);
  EXPECT_EQ(y.limits.time_max.count(), 5);
  EXPECT_EQ(y.limits.output_bytes_max, 6u);
}

header_message good_header() {
  return to_message(image_header{.format = image_format::png, .width = 1, .height = 1});
}

TEST(MessageTest, SaneHeaderIsValid) {
  EXPECT_TRUE(valid(good_header()));
}

TEST(MessageTest, HeaderOutOfRangeIsNot) {
  std::function<void(header_message&)> harms[] = {
    [](auto& x) { x.width = 0; },       [](auto& x) { x.height = 0; },
    [](auto& x) { x.height = ~0u; },    [](auto& x) { x.frames = 0; },
    [](auto& x) { x.depth = 0; },       [](auto& x) { x.depth = 65; },
    [](auto& x) { x.format = 0; },      [](auto& x) { x.format = 200; },
    [](auto& x) { x.orientation = 0; }, [](auto& x) { x.orientation = 9; },
    [](auto& x) { x.alpha = 2; },
  };
  for (const auto& harm : harms) {
    auto x = good_header();
    harm(x);
    EXPECT_FALSE(valid(x));
  }
}

TEST(MessageTest, ResultOutOfRangeIsNotValid) {
  result_message x = to_message(codec_result{.size = 1, .width = 1, .height = 1});
  EXPECT_TRUE(valid(x));
  x.applied_quality = 101;
  EXPECT_FALSE(valid(x));
  x = to_message(codec_result{.size = 0, .width = 1, .height = 1});
  EXPECT_FALSE(valid(x));
}

TEST(MessageTest, HeaderAndResultComeBackTogether) {
  at_once_answer x{.header = to_header(good_header()),
                   .result = codec_result{.size = 7, .width = 3, .height = 2}};
  auto y = to_answer(to_message(x));
  EXPECT_EQ(y.header.format, image_format::png);
  ASSERT_TRUE(y.result);
  EXPECT_EQ(y.result->size, 7u);
  x.result.reset();
  EXPECT_FALSE(to_answer(to_message(x)).result);
}

TEST(MessageTest, HeaderWithAResultOutOfRangeIsNotValid) {
  at_once_answer x{.header = to_header(good_header()), .result = {}};
  EXPECT_TRUE(valid(to_message(x)));
  x.result = codec_result{.size = 0, .width = 1, .height = 1};
  EXPECT_FALSE(valid(to_message(x)));
  x.result->size = 1;
  EXPECT_TRUE(valid(to_message(x)));
  auto message = to_message(x);
  message.done = 2;
  EXPECT_FALSE(valid(message));
  message = to_message(x);
  message.header.orientation = 9;
  EXPECT_FALSE(valid(message));
}

refusal_message refusal(ec code, const std::string& text) {
  failure x;
  x.code = code;
  x.message = text;
  return to_message(x);
}

TEST(MessageTest, RefusalKeepsItsSentence) {
  auto x = refusal(ec::too_large, "Too large: 10 × 20.");
  EXPECT_TRUE(valid(x));
  EXPECT_EQ(to_failure(x).message, "Too large: 10 × 20.");
  EXPECT_EQ(to_failure(x).code, ec::too_large);
  EXPECT_EQ(to_failure(x).detail, "");
}

TEST(MessageTest, RefusalKeepsItsNumber) {
  failure x{.code = ec::target_unreachable, .message = {}, .field = {}, .detail = "4711"};
  EXPECT_EQ(to_failure(to_message(x)).detail, "4711");
}

TEST(MessageTest, LongSentenceIsCutAtACharacter) {
  std::string text(223, 'a');
  auto x = refusal(ec::too_large, text + "××××");
  EXPECT_TRUE(valid(x));
  EXPECT_EQ(to_failure(x).message, text);
}

TEST(MessageTest, UnprintableTextIsNotValid) {
  for (std::string text : {"a\nb", "\x1B[2J", "\xFF\xFE", "half \xC3"}) {
    auto x = refusal(ec::too_large, "");
    std::memcpy(x.text.data(), text.data(), text.size());
    x.length = static_cast<std::uint8_t>(text.size());
    EXPECT_FALSE(valid(x));
  }
}

TEST(MessageTest, ChildMayOnlyBlameTheImage) {
  EXPECT_TRUE(valid(refusal(ec::decode_failed, "")));
  for (auto code : {ec::none, ec::internal, ec::cancelled, ec::interrupted, ec::timeout})
    EXPECT_FALSE(valid(refusal(code, ""))) << code_of(code);
}

TEST(MessageTest, DatagramOfAnotherSizeOrKindIsNone) {
  auto x = good_header();
  datagram d;
  std::memcpy(d.bytes.data(), &x, sizeof x);
  d.size = sizeof x;
  EXPECT_TRUE(as<header_message>(d));
  EXPECT_FALSE(as<result_message>(d)); // the same size
  d.size = sizeof x - 1;
  EXPECT_FALSE(as<header_message>(d));
  d.size = sizeof x;
  d.bytes[0] = std::byte{0};
  EXPECT_FALSE(as<header_message>(d));
}

/// Whether the server would take this datagram for an answer.
bool makes_sense(const datagram& d) {
  if (auto x = as<header_message>(d))
    return valid(*x);
  if (auto x = as<result_message>(d))
    return valid(*x);
  auto x = as<refusal_message>(d);
  return x && valid(*x) && to_failure(*x).message.size() <= x->text.size();
}

TEST(MessageTest, AMillionRandomDatagramsAreReadWithinTheirBounds) {
  std::mt19937_64 random{1};
  const std::size_t sizes[] = {sizeof(header_message), sizeof(result_message),
                               sizeof(refusal_message)};
  std::size_t taken = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    datagram d;
    for (std::size_t at = 0; at + 8 <= d.bytes.size(); at += 8) {
      auto word = random() & random() & random(); // small numbers are the likelier ones
      std::memcpy(d.bytes.data() + at, &word, sizeof word);
    }
    d.size = i % 4 == 0 ? random() % d.bytes.size() : sizes[random() % std::size(sizes)];
    message_head head{.kind = static_cast<message_kind>(6 + random() % 4)};
    if (i % 5 != 0)
      std::memcpy(d.bytes.data(), &head, sizeof head);
    taken += makes_sense(d) ? 1 : 0;
  }
  EXPECT_LT(taken, 500'000u);
}

} // namespace
} // namespace convertd
