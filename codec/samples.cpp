#include "codec/samples.hpp"

#include "codec/sample_pictures.hpp"
#include "imaging/policy.hpp"
#include "job/limits.hpp"

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace convertd {

namespace {

/// The picture as a camera held on its side stores it: turned left. EXIF 6 says: turn right to
/// view.
raster turned_left(const raster& x) {
  raster y{.width = x.height, .height = x.width, .channels = x.channels, .samples = x.samples};
  for (std::uint32_t row = 0; row < y.height; ++row)
    for (std::uint32_t column = 0; column < y.width; ++column)
      for (std::uint32_t c = 0; c < x.channels; ++c) {
        auto from = (std::size_t{column} * x.width + (x.width - 1 - row)) * x.channels + c;
        y.samples[(std::size_t{row} * y.width + column) * y.channels + c] = x.samples[from];
      }
  return y;
}

/// An APP1 segment that says orientation 6 and nothing else.
constexpr std::uint8_t exif_segment[] = {
  0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, // marker, length, name
  'I',  'I',  42,   0,    8,   0,   0,   0,         // TIFF, little-endian; first directory at 8
  1,    0,    0x12, 0x01, 3,   0,   1,   0,   0, 0, 6, 0, 0, 0, // one entry: orientation, short, 6
  0,    0,    0,    0,                                          // no more directories
};

std::string text_of(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string with_orientation(const std::string& jpeg) {
  std::string segment{reinterpret_cast<const char*>(exif_segment), sizeof exif_segment};
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file{path, std::ios::binary};
  file << bytes << std::flush;
  if (!file)
    throw std::runtime_error("cannot write " + path);
}

} // namespace

int write_samples(const std::string& directory) {
  try {
    start_imaging({.memory_max = codec_memory(image_limits{}.frame_pixels_max)});
    auto photo = encode_raster(turned_left(draw_photo()), image_format::jpg, 90);
    write_file(directory + "/photo.jpg", with_orientation(text_of(photo.bytes)));
    auto logo = encode_raster(draw_logo(), image_format::png);
    write_file(directory + "/logo.png", text_of(logo.bytes));
    auto scan = encode_raster(draw_scan(), image_format::tiff);
    write_file(directory + "/scan.tiff", text_of(scan.bytes));
    return 0;
  } catch (const std::exception& x) {
    std::fprintf(stderr, "convertd-codec: %s\n", x.what());
    return 1;
  }
}

} // namespace convertd
