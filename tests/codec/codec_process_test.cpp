#include "imaging/imaging.hpp"
#include "tests/codec/codec_fixture.hpp"
#include "tests/support/likeness.hpp"
#include "tests/support/pictures.hpp"

#include <poll.h>
#include <sys/resource.h>

namespace convertd {
namespace {

using enum image_format;

class CodecProcessTest : public codec_fixture {
protected:
  static std::string scene_as(image_format format) {
    return as_text(encode_raster(draw_scene(160, 120), format, 95).bytes);
  }

  /// An order whose result is above its limit.
  static codec_order too_large_as_bmp(const std::string& source) {
    auto order = order_of(source, bmp);
    order.limits.output_bytes_max = 4096;
    return order;
  }
};

TEST_F(CodecProcessTest, ConvertsAFile) {
  auto source = scene_as(jpg);
  auto process = start();
  auto in = memory_file(source);
  auto probed = process.probe(order_of(source, webp), in.get(), soon());
  ASSERT_EQ(fault_of(probed), "none");
  const auto& header = std::get<image_header>(probed);
  EXPECT_EQ(header.format, jpg);
  EXPECT_EQ(header.width, 160u);
  EXPECT_EQ(header.height, 120u);
  auto out = memory_file();
  auto done = process.convert(out.get(), codec_memory(header.pixels()), soon());
  ASSERT_EQ(fault_of(done), "none");
  const auto& result = std::get<codec_result>(done);
  EXPECT_EQ(result.width, 160u);
  EXPECT_EQ(result.applied_quality, default_quality);
  auto bytes = content_of(out.get(), result.size);
  EXPECT_EQ(result.crc32, crc32_of(as_bytes_view(bytes)));
  EXPECT_GT(likeness(decode_raster(webp, as_bytes_view(bytes)), draw_scene(160, 120)), 0.9);
  EXPECT_TRUE(process.alive());
}

TEST_F(CodecProcessTest, ReadsTheFileFromItsPlaceInTheSpool) {
  auto first = scene_as(jpg);
  auto second = scene_as(png);
  auto spool = memory_file(first + second + first);
  auto process = start();
  auto order = order_of(second, bmp);
  order.source_offset = first.size();
  auto probed = process.probe(order, spool.get(), soon());
  ASSERT_EQ(fault_of(probed), "none");
  EXPECT_EQ(std::get<image_header>(probed).format, png);
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(20'000), soon())), "none");
}

TEST_F(CodecProcessTest, ServesManyFiles) {
  auto process = start();
  for (auto from : {jpg, png, webp, avif, tiff, gif, bmp}) {
    auto source = scene_as(from);
    auto in = memory_file(source);
    for (auto to : {jpg, png, webp, avif, tiff, gif, bmp}) {
      ASSERT_EQ(fault_of(process.probe(order_of(source, to), in.get(), soon())), "none");
      auto out = memory_file();
      ASSERT_EQ(fault_of(process.convert(out.get(), codec_memory(20'000), soon())), "none")
        << facts_of(from).name << " to " << facts_of(to).name;
    }
  }
}

TEST_F(CodecProcessTest, RefusesWhatIsNoImageAndGoesOn) {
  auto process = start();
  auto junk = memory_file("\xFF\xD8\xFFjunk");
  codec_order order;
  order.source_format = jpg;
  order.source_length = 7;
  order.what.target = png;
  EXPECT_EQ(fault_of(process.probe(order, junk.get(), soon())), "refused decode_failed");
  order.source_length = 0;
  EXPECT_EQ(fault_of(process.probe(order, junk.get(), soon())), "refused decode_failed");
  order.source_length = 100; // beyond the end of the file
  EXPECT_EQ(fault_of(process.probe(order, junk.get(), soon())), "refused decode_failed");
  order.source_format = svg;
  order.source_length = 7;
  EXPECT_EQ(fault_of(process.probe(order, junk.get(), soon())), "refused unsupported_input");
  EXPECT_TRUE(process.alive());
}

TEST_F(CodecProcessTest, HoldsTheHeaderAgainstTheOrdersLimits) {
  auto process = start();
  auto source = scene_as(png);
  auto in = memory_file(source);
  auto order = order_of(source, jpg);
  order.limits.frame_pixels_max = 160 * 120 - 1;
  EXPECT_EQ(fault_of(process.probe(order, in.get(), soon())), "refused too_large");
  order.limits = {.output_side_max = 159};
  ASSERT_EQ(fault_of(process.probe(order, in.get(), soon())), "none");
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(20'000), soon())),
            "refused too_large");
}

TEST_F(CodecProcessTest, StopsAtTheOutputLimit) {
  auto process = start();
  auto source = scene_as(png);
  auto in = memory_file(source);
  auto order = too_large_as_bmp(source);
  ASSERT_EQ(fault_of(process.probe(order, in.get(), soon())), "none");
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(20'000), soon())),
            "refused too_large");
  order.limits.output_bytes_max = mib; // the next file has its own
  ASSERT_EQ(fault_of(process.probe(order, in.get(), soon())), "none");
  auto other = memory_file();
  EXPECT_EQ(fault_of(process.convert(other.get(), codec_memory(20'000), soon())), "none");
}

TEST_F(CodecProcessTest, ASmallPictureIsConvertedWithItsHeader) {
  auto source = scene_as(jpg);
  auto process = start();
  auto in = memory_file(source);
  for (int i = 0; i < 2; ++i) {
    auto out = memory_file();
    auto done = process.convert_at_once(order_of(source, png), in.get(), out.get(), soon());
    ASSERT_EQ(fault_of(done), "none");
    const auto& x = std::get<at_once_answer>(done);
    EXPECT_EQ(x.header.format, jpg);
    ASSERT_TRUE(x.result);
    auto bytes = content_of(out.get(), x.result->size);
    EXPECT_EQ(x.result->crc32, crc32_of(as_bytes_view(bytes)));
    EXPECT_GT(likeness(decode_raster(png, as_bytes_view(bytes)), draw_scene(160, 120)), 0.9);
  }
}

TEST_F(CodecProcessTest, ALargerPictureWaitsForItsGrant) {
  auto source = as_text(encode_raster(draw_scene(1'000, 500), jpg, 95).bytes);
  auto process = start();
  auto in = memory_file(source);
  auto early = memory_file();
  auto begun = process.convert_at_once(order_of(source, png), in.get(), early.get(), soon());
  ASSERT_EQ(fault_of(begun), "none");
  EXPECT_EQ(std::get<at_once_answer>(begun).header.width, 1'000u);
  EXPECT_FALSE(std::get<at_once_answer>(begun).result);
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(500'000), soon())), "none");
}

TEST_F(CodecProcessTest, ARefusalAtOnceLeavesItForTheNextFile) {
  auto source = scene_as(png);
  auto process = start();
  auto in = memory_file(source);
  auto out = memory_file();
  auto order = too_large_as_bmp(source);
  EXPECT_EQ(fault_of(process.convert_at_once(order, in.get(), out.get(), soon())),
            "refused too_large");
  order.limits.output_bytes_max = mib;
  auto other = memory_file();
  EXPECT_EQ(fault_of(process.convert_at_once(order, in.get(), other.get(), soon())), "none");
}

TEST_F(CodecProcessTest, SkipsAFile) {
  auto process = start();
  auto source = scene_as(png);
  auto in = memory_file(source);
  ASSERT_EQ(fault_of(process.probe(order_of(source, jpg), in.get(), soon())), "none");
  process.skip();
  ASSERT_EQ(fault_of(process.probe(order_of(source, jpg), in.get(), soon())), "none");
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(20'000), soon())), "none");
}

TEST_F(CodecProcessTest, DiesWithItsOwner) {
  unique_fd pidfd;
  {
    auto process = start();
    EXPECT_GT(process.pid(), 0);
    pidfd = unique_fd{::dup(process.pidfd())};
  }
  pollfd polled{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&polled, 1, 10'000), 1);
}

TEST_F(CodecProcessTest, YieldsToTheServer) {
  auto process = start();
  EXPECT_TRUE(eventually(
    [&] { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(process.pid())) == 10; }));
  // Autogroups divide the processors between sessions: in one of its own the niceness is void.
  EXPECT_EQ(::getsid(process.pid()), ::getsid(0));
  EXPECT_TRUE(eventually([&] { return ::getpgid(process.pid()) != ::getpgid(0); }))
    << "Ctrl-C is the server's matter alone";
}

TEST_F(CodecProcessTest, TwoHundredLeaveNoDescriptorBehind) {
  start();
  auto before = open_descriptors();
  for (int i = 0; i < 200; ++i)
    start();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(CodecProcessTest, ManyThreadsStartAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n)
        started += start().alive() ? 1 : 0;
    });
  for (auto& x : threads)
    x.join();
  EXPECT_EQ(started, 160);
}

} // namespace
} // namespace convertd
