#include "imaging/lanczos_resizer.hpp"

#include "imaging/magick_compat.hpp"
#include "imaging/magick_core.hpp"
#include "imaging/pixels.hpp"
#include "imaging/sample_rows.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

namespace convertd {

namespace {

/// Rows that go to and from ImageMagick at a time.
constexpr std::uint32_t band = 16;

/// Which channels an image has, as ImageMagick names them.
std::string channels_of(const Magick::Image& image) {
  std::string names = image.colorSpace() == Magick::CMYKColorspace ? "CMYK" : "RGB";
  return has_alpha(image) ? names + "A" : names;
}

/// Like `image`, with its profiles and all, and of another size.
Magick::Image blank_like(Magick::Image& image, pixel_size size) {
  core_problem problem{MagickCore::AcquireExceptionInfo()};
  core_images like{MagickCore::CloneImage(image.image(), size.width, size.height,
                                          MagickCore::MagickTrue, problem.get())};
  if (problem->severity >= MagickCore::ErrorException)
    Magick::throwException(problem.release());
  if (like == nullptr)
    throw std::bad_alloc();
  Magick::Image x{like.release()};
  x.quiet(true); // as readers leave it
  return x;
}

template <class Sample>
void resize_as(Magick::Image& image, pixel_size size, Magick::StorageType type) {
  auto names = channels_of(image);
  auto width = static_cast<std::uint32_t>(image.columns());
  auto height = static_cast<std::uint32_t>(image.rows());
  rows_resizer<Sample> rows{lanczos_axis(whole_axis(width, size.width)),
                            lanczos_axis(whole_axis(height, size.height)), names.size(),
                            has_alpha(image)};
  std::vector<Sample> samples(std::size_t{band} * std::max(width, size.width) * names.size());
  for (std::uint32_t y = 0; y < height; y += band) {
    auto count = std::min(band, height - y);
    take_rows(image, y, count, names.c_str(), type, samples.data());
    for (std::uint32_t i = 0; i < count; ++i)
      rows.add(&samples[std::size_t{i} * width * names.size()]);
  }
  auto small = blank_like(image, size);
  image = Magick::Image{}; // its pixels are not needed any more
  for (std::uint32_t y = 0; y < size.height; y += band) {
    auto count = std::min(band, size.height - y);
    for (std::uint32_t i = 0; i < count; ++i)
      rows.get(y + i, &samples[std::size_t{i} * size.width * names.size()]);
    put_rows(small, y, count, names.c_str(), type, samples.data());
  }
  image = small;
}

} // namespace

void lanczos_resizer::resize(Magick::Image& image, pixel_size size) const {
  image.modifyImage();
  image.classType(Magick::DirectClass); // no palette: there will be colours between
  if (image.depth() <= std::numeric_limits<std::uint8_t>::digits)
    resize_as<std::uint8_t>(image, size, Magick::CharPixel);
  else
    resize_as<std::uint16_t>(image, size, Magick::ShortPixel);
}

} // namespace convertd
