#include "imaging/animation.hpp"
#include "imaging/gif_palette.hpp"
#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <cstring>
#include <gif_lib.h>
#include <optional>
#include <utility>

namespace convertd {

namespace {

using bytes = std::vector<std::byte>;

int write_bytes(GifFileType* file, const GifByteType* from, int size) {
  auto first = reinterpret_cast<const std::byte*>(from);
  auto& out = *static_cast<bytes*>(file->UserData);
  out.insert(out.end(), first, first + size);
  return size;
}

void require(int result) {
  if (result != GIF_OK)
    throw imaging_error(ec::encode_failed, "");
}

/// The least that browsers keep to; they show what is shorter for 100 ms.
constexpr std::uint32_t hundredths_min = 2;

struct rectangle {
  std::uint32_t left, top, right, bottom; ///< right and bottom: the first ones outside

  std::uint32_t width() const {
    return right - left;
  }
  std::uint32_t height() const {
    return bottom - top;
  }
};

rectangle all_of(const canvas& x) {
  return {0, 0, x.width, x.height};
}

bool is_clear(const canvas& x, std::size_t pixel) {
  return x.samples[4 * pixel + 3] < 128;
}

bool differ(const canvas& a, const canvas& b, std::size_t pixel) {
  if (is_clear(a, pixel) || is_clear(b, pixel))
    return is_clear(a, pixel) != is_clear(b, pixel);
  return std::memcmp(&a.samples[4 * pixel], &b.samples[4 * pixel], 3) != 0;
}

/// What changes; at least one pixel.
rectangle changed_part(const canvas& from, const canvas& to) {
  rectangle x{to.width, to.height, 0, 0};
  for (std::uint32_t row = 0; row < to.height; ++row)
    for (std::uint32_t column = 0; column < to.width; ++column)
      if (differ(from, to, std::size_t{row} * to.width + column))
        x = {std::min(x.left, column), std::min(x.top, row), std::max(x.right, column + 1),
             std::max(x.bottom, row + 1)};
  return x.right == 0 ? rectangle{0, 0, 1, 1} : x;
}

/// A GIF frame can cover what was there, and not take it away.
bool takes_away(const canvas& from, const canvas& to) {
  for (std::size_t i = 0; i < to.samples.size() / 4; ++i)
    if (is_clear(to, i) && !is_clear(from, i))
      return true;
  return false;
}

/// The pixels of a part; those that stay as they are, transparent.
std::vector<std::uint8_t> cut_out(const canvas& from, const canvas& to, const rectangle& part) {
  std::vector<std::uint8_t> out;
  out.reserve(std::size_t{4} * part.width() * part.height());
  for (auto row = part.top; row < part.bottom; ++row)
    for (auto column = part.left; column < part.right; ++column) {
      auto pixel = std::size_t{row} * to.width + column;
      auto first = to.samples.begin() + static_cast<std::ptrdiff_t>(4 * pixel);
      out.insert(out.end(), first, first + 4);
      if (!differ(from, to, pixel))
        out.back() = 0;
    }
  return out;
}

/// Holds each frame back until the next is known, which may need it taken off the canvas.
class gif_sink final : public animation_sink {
public:
  explicit gif_sink(const animation_facts& x) : before_{x.width, x.height} {
    int error = 0;
    file_ = EGifOpen(&out_, write_bytes, &error);
    if (file_ == nullptr)
      throw std::bad_alloc();
    EGifSetGifVersion(file_, true);
    require(EGifPutScreenDesc(file_, static_cast<int>(x.width), static_cast<int>(x.height), 8, 0,
                              nullptr));
    if (x.plays != 1)
      put_loop(x.plays == 0 ? 0 : x.plays - 1);
  }
  ~gif_sink() override {
    if (file_ != nullptr)
      EGifCloseFile(file_, nullptr);
  }
  gif_sink(const gif_sink&) = delete;
  gif_sink& operator=(const gif_sink&) = delete;

  void add(canvas picture, std::uint32_t milliseconds) override {
    if (held_)
      put_held(takes_away(*held_, picture));
    held_ = std::move(picture);
    hundredths_ = std::clamp((milliseconds + 5) / 10, hundredths_min, 0xFFFFu);
  }

  std::vector<std::byte> finish() override {
    if (held_)
      put_held(false);
    auto* file = std::exchange(file_, nullptr);
    require(EGifCloseFile(file, nullptr));
    return std::move(out_);
  }

private:
  void put_loop(std::uint32_t repeats) {
    const std::uint8_t count[] = {1, static_cast<std::uint8_t>(repeats),
                                  static_cast<std::uint8_t>(repeats >> 8)};
    require(EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE));
    require(EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0"));
    require(EGifPutExtensionBlock(file_, sizeof count, count));
    require(EGifPutExtensionTrailer(file_));
  }

  void put_held(bool then_clear) {
    auto part = then_clear ? all_of(*held_) : changed_part(before_, *held_);
    auto pixels = gif_pixels_of(cut_out(before_, *held_, part), part.width(), part.height());
    put_control(pixels.transparent, then_clear ? DISPOSE_BACKGROUND : DISPOSE_DO_NOT);
    put_pixels(pixels, part);
    if (then_clear)
      before_ = canvas{held_->width, held_->height};
    else
      before_ = std::move(*held_);
    held_.reset();
  }

  void put_control(int transparent, int disposal) {
    GraphicsControlBlock control{disposal, false, static_cast<int>(hundredths_), transparent};
    GifByteType block[4];
    auto size = EGifGCBToExtension(&control, block);
    require(EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), block));
  }

  void put_pixels(gif_pixels& pixels, const rectangle& part) {
    auto size = 2;
    while (static_cast<std::size_t>(size) < pixels.colours.size())
      size *= 2;
    std::vector<GifColorType> colours(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < pixels.colours.size(); ++i)
      colours[i] = {pixels.colours[i][0], pixels.colours[i][1], pixels.colours[i][2]};
    auto* map = GifMakeMapObject(size, colours.data());
    if (map == nullptr)
      throw std::bad_alloc();
    auto width = static_cast<int>(part.width());
    auto result = EGifPutImageDesc(file_, static_cast<int>(part.left), static_cast<int>(part.top),
                                   width, static_cast<int>(part.height()), false, map);
    GifFreeMapObject(map);
    require(result);
    for (std::uint32_t row = 0; row < part.height(); ++row)
      require(EGifPutLine(file_, &pixels.indexes[std::size_t{row} * part.width()], width));
  }

  bytes out_;
  GifFileType* file_ = nullptr;
  canvas before_; ///< What is on the canvas when the held frame comes.
  std::optional<canvas> held_;
  std::uint32_t hundredths_ = 0;
};

} // namespace

std::unique_ptr<animation_sink> new_gif(const animation_facts& x) {
  if (x.width > 0xFFFF || x.height > 0xFFFF)
    throw imaging_error(ec::too_large, "A GIF file cannot be that large.");
  return std::make_unique<gif_sink>(x);
}

} // namespace convertd
