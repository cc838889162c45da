// A child that has been taken over, inside the real lock: only its own file may fail.
#include "tests/codec/codec_fixture.hpp"
#include "tests/support/pictures.hpp"

#ifdef CONVERTD_TEST_HOOKS

namespace convertd {
namespace {

class EvilChildTest : public codec_fixture {
protected:
  void SetUp() override {
    start();
    descriptors_ = open_descriptors();
    zygote_ = keeper().pid();
  }

  /// The server's side is as it was, and the next file is converted.
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(keeper().pid(), zygote_);
    auto source = as_text(encode_raster(draw_scene(32, 32), image_format::png).bytes);
    auto process = start();
    auto in = memory_file(source);
    auto out = memory_file();
    ASSERT_EQ(fault_of(process.probe(order_of(source, image_format::webp), in.get(), soon())),
              "none");
    EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(32 * 32), soon())), "none");
  }

  static std::string outcome(const std::string& fault, std::chrono::milliseconds time = 20s) {
    auto text = "CONVERTD-FAULT:" + fault;
    auto process = start();
    auto source = memory_file(text);
    auto order = order_of(text, image_format::jpg);
    order.source_format = image_format::png;
    auto probed = process.probe(order, source.get(), soon(time));
    if (auto* x = std::get_if<codec_fault>(&probed))
      return "probe " + text_of(*x) + (process.alive() ? " alive" : "");
    auto out = memory_file();
    auto said = fault_of(process.convert(out.get(), codec_memory(64 * 64), soon(time)));
    return said + (process.alive() ? " alive" : "");
  }

private:
  std::size_t descriptors_ = 0;
  int zygote_ = 0;
};

TEST_F(EvilChildTest, AMillionRandomMessagesEndIt) {
  EXPECT_EQ(outcome("say-anything"), "died decoder_crashed");
}

TEST_F(EvilChildTest, ImpossibleSizeEndsIt) {
  EXPECT_EQ(outcome("lie-of-size"), "probe died decoder_crashed");
}

TEST_F(EvilChildTest, MoreFramesThanAllowedEndIt) {
  EXPECT_EQ(outcome("lie-of-frames"), "probe died decoder_crashed");
}

TEST_F(EvilChildTest, AnotherFormatThanSniffedEndsIt) {
  EXPECT_EQ(outcome("lie-of-format"), "probe died decoder_crashed");
}

TEST_F(EvilChildTest, ResultThatIsNotThereEndsIt) {
  EXPECT_EQ(outcome("lie-of-result"), "died decoder_crashed");
}

TEST_F(EvilChildTest, SilenceInTheProbeEndsAtTheDeadline) {
  EXPECT_EQ(outcome("hang-probe", 200ms), "probe died timeout");
}

TEST_F(EvilChildTest, DeathWithHalfAnOutputIsADeath) {
  EXPECT_EQ(outcome("leave-half"), "died decoder_crashed");
}

TEST_F(EvilChildTest, SendingDescriptorsKillsIt) {
  EXPECT_EQ(outcome("send-descriptors"), "died decoder_crashed");
}

TEST_F(EvilChildTest, RunningAShellKillsIt) {
  EXPECT_EQ(outcome("run-shell"), "died decoder_crashed");
}

TEST_F(EvilChildTest, OpeningASocketKillsIt) {
  EXPECT_EQ(outcome("call-home"), "died decoder_crashed");
}

TEST_F(EvilChildTest, WhoNeverReadsFillsNobodysQueue) {
  auto text = std::string{"CONVERTD-FAULT:hang"};
  auto process = start();
  auto source = memory_file(text);
  auto order = order_of(text, image_format::jpg);
  order.source_format = image_format::png;
  ASSERT_EQ(fault_of(process.probe(order, source.get(), soon())), "none");
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(64 * 64), soon(100ms))),
            "died timeout");
  EXPECT_FALSE(process.alive());
}

} // namespace
} // namespace convertd

#endif
