#include "imaging/animation.hpp"
#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <gif_lib.h>
#include <string_view>

namespace convertd {

namespace {

int read_bytes(GifFileType* file, GifByteType* into, int size) {
  auto& rest = *static_cast<bytes_view*>(file->UserData);
  auto count = std::min(rest.size(), static_cast<std::size_t>(size));
  std::memcpy(into, rest.data(), count);
  rest = rest.subspan(count);
  return static_cast<int>(count);
}

struct rows_step {
  int first;
  int step;
};

/// Interlaced rows come in four passes.
constexpr std::array passes{rows_step{0, 8}, rows_step{4, 8}, rows_step{2, 4}, rows_step{1, 2}};
constexpr std::array one_pass{rows_step{0, 1}};

class gif_source final : public animation_source {
public:
  gif_source(bytes_view source, std::uint32_t width, std::uint32_t height)
    : rest_{source}, picture_{width, height} {
    int error = 0;
    file_ = DGifOpen(&rest_, read_bytes, &error);
    if (file_ == nullptr)
      throw imaging_error(ec::decode_failed, "");
  }
  ~gif_source() override {
    DGifCloseFile(file_, nullptr);
  }
  gif_source(const gif_source&) = delete;
  gif_source& operator=(const gif_source&) = delete;

  std::optional<shown> next() override {
    dispose();
    GifRecordType type{};
    while (DGifGetRecordType(file_, &type) == GIF_OK && type != TERMINATE_RECORD_TYPE) {
      if (type == EXTENSION_RECORD_TYPE && !read_extension())
        return std::nullopt;
      if (type == IMAGE_DESC_RECORD_TYPE)
        return draw();
    }
    return std::nullopt;
  }

  std::uint32_t plays() const override {
    return plays_;
  }

private:
  /// Blocks that follow each other; the first begins the kind.
  bool read_extension() {
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(file_, &code, &block) != GIF_OK)
      return false;
    auto looping = false;
    while (block != nullptr) {
      std::string_view text{reinterpret_cast<const char*>(block + 1), block[0]};
      if (code == GRAPHICS_EXT_FUNC_CODE)
        DGifExtensionToGCB(block[0], block + 1, &control_);
      if (code == APPLICATION_EXT_FUNC_CODE && looping && text.size() == 3 && text[0] == 1)
        set_repeats(static_cast<std::uint32_t>(block[2] | block[3] << 8));
      looping |= text == "NETSCAPE2.0" || text == "ANIMEXTS1.0";
      if (DGifGetExtensionNext(file_, &block) != GIF_OK)
        return false;
    }
    return true;
  }

  /// A number of repeats after the first time.
  void set_repeats(std::uint32_t count) {
    plays_ = count == 0 ? 0 : count + 1;
  }

  std::optional<shown> draw() {
    if (DGifGetImageDesc(file_) != GIF_OK)
      return std::nullopt;
    const auto& at = file_->Image;
    const auto* colours = at.ColorMap != nullptr ? at.ColorMap : file_->SColorMap;
    if (colours == nullptr || at.Width <= 0 || at.Height <= 0)
      return std::nullopt;
    if (control_.DisposalMode == DISPOSE_PREVIOUS)
      before_ = picture_;
    std::vector<GifPixelType> row(static_cast<std::size_t>(at.Width));
    auto whole = true;
    for (const auto& pass : at.Interlace ? std::span<const rows_step>{passes} : one_pass)
      for (int y = pass.first; whole && y < at.Height; y += pass.step) {
        whole = DGifGetLine(file_, row.data(), at.Width) == GIF_OK;
        if (whole)
          put_row(at, y, row, *colours);
      }
    drawn_ = at;
    disposal_ = control_.DisposalMode;
    auto milliseconds = static_cast<std::uint32_t>(control_.DelayTime) * 10;
    control_ = no_control;
    if (!whole)
      rest_ = {}; // what comes was cut off, and this is shown as far as it goes
    return shown{&picture_, milliseconds};
  }

  void put_row(const GifImageDesc& at, int y, const std::vector<GifPixelType>& row,
               const ColorMapObject& colours) {
    auto top = static_cast<std::uint32_t>(at.Top) + static_cast<std::uint32_t>(y);
    if (at.Top < 0 || at.Left < 0 || top >= picture_.height)
      return;
    auto left = static_cast<std::uint32_t>(at.Left);
    for (std::uint32_t i = 0; i < row.size() && left + i < picture_.width; ++i) {
      if (row[i] == control_.TransparentColor || row[i] >= colours.ColorCount)
        continue;
      const auto& colour = colours.Colors[row[i]];
      auto* sample = &picture_.samples[4 * (std::size_t{top} * picture_.width + left + i)];
      sample[0] = colour.Red;
      sample[1] = colour.Green;
      sample[2] = colour.Blue;
      sample[3] = 255;
    }
  }

  /// Takes the frame that was shown off the canvas again, if it says so.
  void dispose() {
    if (disposal_ == DISPOSE_PREVIOUS)
      picture_ = before_;
    if (disposal_ == DISPOSE_BACKGROUND)
      clear(drawn_);
    disposal_ = DISPOSAL_UNSPECIFIED;
  }

  void clear(const GifImageDesc& at) {
    auto left = std::min(static_cast<std::uint32_t>(std::max(at.Left, 0)), picture_.width);
    auto width = std::min(static_cast<std::uint32_t>(at.Width), picture_.width - left);
    for (auto y = std::max(at.Top, 0); y < at.Top + at.Height; ++y) {
      if (static_cast<std::uint32_t>(y) >= picture_.height)
        return;
      auto first = 4 * (static_cast<std::size_t>(y) * picture_.width + left);
      std::memset(picture_.samples.data() + first, 0, std::size_t{4} * width);
    }
  }

  static constexpr GraphicsControlBlock no_control{DISPOSAL_UNSPECIFIED, false, 0,
                                                   NO_TRANSPARENT_COLOR};

  bytes_view rest_;
  GifFileType* file_ = nullptr;
  GraphicsControlBlock control_ = no_control; ///< Of the next frame.
  std::uint32_t plays_ = 1;
  canvas picture_;
  canvas before_;
  GifImageDesc drawn_{};
  int disposal_ = DISPOSAL_UNSPECIFIED; ///< Of the frame that is shown.
};

} // namespace

std::unique_ptr<animation_source> open_gif(bytes_view source, std::uint32_t width,
                                           std::uint32_t height) {
  return std::make_unique<gif_source>(source, width, height);
}

} // namespace convertd
