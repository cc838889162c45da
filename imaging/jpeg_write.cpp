#include "imaging/jpeg_write.hpp"

#include "imaging/jpeg_guard.hpp"
#include "imaging/jpeg_memory.hpp"

#include <algorithm>

namespace convertd {

namespace {

/// Blocks of colour are 8 samples a side, and there are two of brightness for each.
constexpr std::uint32_t block = 8;

/// Whole blocks are written: what they have too much repeats the last sample.
void fill_last_block(plane<std::uint8_t>& x, std::uint32_t unit) {
  auto whole = (x.width + unit - 1) / unit * unit;
  for (std::uint32_t y = 0; y < x.height; ++y)
    std::fill_n(x.row(y) + x.width, whole - x.width, x.row(y)[x.width - 1]);
}

void begin(jpeg_compress_struct& to, pixel_size size, J_COLOR_SPACE colours, std::uint8_t quality,
           const jpeg_density& density) {
  to.image_width = size.width;
  to.image_height = size.height;
  to.input_components = 3;
  to.in_color_space = colours;
  jpeg_set_defaults(&to); // 2 × 2 samples of brightness for each of colour
  jpeg_set_quality(&to, quality, TRUE);
  to.optimize_coding = TRUE;
  to.raw_data_in = colours == JCS_YCbCr ? TRUE : FALSE;
  to.density_unit = density.unit;
  to.X_density = density.across;
  to.Y_density = density.down;
  jpeg_start_compress(&to, TRUE);
}

void write_rows(jpeg_compress_struct& to, ycc_planes& x) {
  JSAMPROW rows[3][2 * block];
  JSAMPARRAY planes[3]{rows[0], rows[1], rows[2]};
  for (std::uint32_t y = 0; y < x.height; y += 2 * block) {
    for (std::size_t i = 0; i < 3; ++i) {
      auto& p = x.planes[i];
      auto count = i == 0 ? 2 * block : block;
      auto top = i == 0 ? y : y / 2;
      for (std::uint32_t k = 0; k < count; ++k)
        rows[i][k] = p.row(std::min(top + k, p.height - 1));
    }
    jpeg_write_raw_data(&to, planes, 2 * block);
  }
}

} // namespace

encoded_image write_jpeg(ycc_planes& x, std::uint8_t quality, const jpeg_density& density,
                         std::span<const jpeg_segment> keep) {
  for (std::size_t i = 0; i < 3; ++i)
    fill_last_block(x.planes[i], i == 0 ? 2 * block : block);
  jpeg_guard guard;
  jpeg_writer writer;
  writer.to.err = &guard;
  guarded(guard, ec::encode_failed, [&] {
    jpeg_create_compress(&writer.to);
    writer.to.dest = &writer.memory;
    begin(writer.to, {x.width, x.height}, JCS_YCbCr, quality, density);
    for (const auto& segment : keep)
      jpeg_write_marker(&writer.to, segment.marker,
                        reinterpret_cast<const JOCTET*>(segment.data.data()),
                        static_cast<unsigned>(segment.data.size()));
    write_rows(writer.to, x);
    jpeg_finish_compress(&writer.to);
  });
  auto out = writer.take(x.width, x.height);
  out.applied_quality = quality;
  return out;
}

encoded_image write_jpeg(const raster& x, std::uint8_t quality, const jpeg_density& density) {
  jpeg_guard guard;
  jpeg_writer writer;
  writer.to.err = &guard;
  auto* samples = const_cast<JSAMPLE*>(x.samples.data()); // libjpeg only reads them
  guarded(guard, ec::encode_failed, [&] {
    jpeg_create_compress(&writer.to);
    writer.to.dest = &writer.memory;
    begin(writer.to, {x.width, x.height}, JCS_RGB, quality, density);
    while (writer.to.next_scanline < writer.to.image_height) {
      JSAMPROW row = samples + std::size_t{3} * x.width * writer.to.next_scanline;
      jpeg_write_scanlines(&writer.to, &row, 1);
    }
    jpeg_finish_compress(&writer.to);
  });
  auto out = writer.take(x.width, x.height);
  out.applied_quality = quality;
  return out;
}

} // namespace convertd
