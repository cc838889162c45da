// The inner parts by themselves, with Google Benchmark:
//
//   bench_inner [--benchmark_filter=…]     the store commits in the folder of TMPDIR, else in /tmp
#include "http/multipart.hpp"
#include "imaging/plane_resizer.hpp"
#include "imaging/png_filter.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <benchmark/benchmark.h>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace convertd {
namespace {

std::vector<std::uint8_t> noise(std::size_t size) {
  std::minstd_rand random{1};
  std::vector<std::uint8_t> out(size);
  for (auto& x : out)
    x = static_cast<std::uint8_t>(random() >> 8);
  return out;
}

/// One plane of 12 megapixels to 1600 and 200 pixels.
void resize_plane(benchmark::State& state) {
  constexpr std::uint32_t width = 4032, height = 3024, batch = 16;
  auto to = static_cast<std::uint32_t>(state.range(0));
  auto row = noise(width);
  for (auto _ : state) {
    plane<std::uint8_t> out;
    plane_resizer<std::uint8_t> resizer{lanczos_axis(whole_axis(width, to)),
                                        lanczos_axis(whole_axis(height, to * height / width)), out,
                                        batch, width};
    for (std::uint32_t y = 0; y < height; y += batch) {
      for (std::uint32_t i = 0; i < batch; ++i)
        std::copy(row.begin(), row.end(), resizer.row(i));
      resizer.add(batch);
    }
    benchmark::DoNotOptimize(out.row(0));
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t{width} * height);
}
BENCHMARK(resize_plane)->Arg(1600)->Arg(200)->Unit(benchmark::kMillisecond);

/// 1 megapixel, red, green and blue, each row with the filter that suits it.
void filter_png(benchmark::State& state) {
  png_picture picture{.width = 1024,
                      .height = 1024,
                      .colour = png_colour::rgb,
                      .palette = {},
                      .rows = noise(std::size_t{3} * 1024 * 1024)};
  std::vector<std::uint8_t> out;
  for (auto _ : state)
    filter_png_rows(picture, png_filter::least, out);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(picture.rows.size()));
}
BENCHMARK(filter_png)->Unit(benchmark::kMillisecond);

struct counting_sink final : multipart_sink {
  void begin_part(const part_head&) override {}
  void part_bytes(std::string_view bytes) override {
    size += bytes.size();
  }
  void end_part() override {}

  std::size_t size = 0;
};

/// A form with one file, as it arrives in pieces of 64 KiB.
void parse_multipart(benchmark::State& state) {
  constexpr std::size_t piece = 64 * kib;
  auto file = noise(static_cast<std::size_t>(state.range(0)));
  std::string body =
    "--mark\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\nwebp\r\n"
    "--mark\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n";
  body.append(file.begin(), file.end());
  body += "\r\n--mark--\r\n";
  for (auto _ : state) {
    counting_sink sink;
    multipart_parser parser{"mark", sink};
    std::size_t read = 0;
    for (std::size_t end = 0; end < body.size();) {
      end = std::min(body.size(), end + piece);
      read += parser.consume(std::string_view{body}.substr(read, end - read));
    }
    parser.finish(std::string_view{body}.substr(read));
    benchmark::DoNotOptimize(sink.size);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(parse_multipart)->Arg(12'000)->Arg(4'000'000);

void encode_records(benchmark::State& state) {
  auto job = pending_job(noon, 1);
  auto file = completed_file(0, noon);
  for (auto _ : state) {
    benchmark::DoNotOptimize(encode(job));
    benchmark::DoNotOptimize(encode(file));
  }
}
BENCHMARK(encode_records);

void decode_records(benchmark::State& state) {
  auto job = encode(pending_job(noon, 1));
  auto file = encode(completed_file(0, noon));
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_job(job));
    benchmark::DoNotOptimize(decode_file(file));
  }
}
BENCHMARK(decode_records);

/// So many jobs of one small file in one commit, synced.
void commit_jobs(benchmark::State& state) {
  temp_dir folder;
  store in{folder.path() / "store", {}};
  std::string source(12'000, 'x');
  for (auto _ : state) {
    write_batch batch{in};
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      auto job = pending_job(wall_clock(), 1);
      batch.put_job(job);
      batch.put_spec(job.id, {});
      batch.put_file(job.id, pending_file(0));
      batch.put_inline_sources(job.id, source);
    }
    batch.commit();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_jobs)->Arg(1)->Arg(16)->Arg(64)->UseRealTime();

} // namespace
} // namespace convertd

BENCHMARK_MAIN();
