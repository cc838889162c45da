#include "imaging/pdf_file.hpp"

#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

namespace convertd {

namespace {

/// 200 inches, as ISO 32000-1 says in annex C.
constexpr std::uint32_t page_side_max = 14'400;

/// Colour channels of a JPEG file, as its frame header says; 0 where there is none.
unsigned channels_of(bytes_view jpeg) {
  auto byte = [&](std::size_t at) { return std::to_integer<unsigned>(jpeg[at]); };
  constexpr std::size_t start = 2, channels = 9; // of a frame header, from its marker on
  for (std::size_t at = start; at + channels < jpeg.size() && byte(at) == 0xFF;) {
    auto marker = byte(at + 1);
    auto is_table = marker == 0xC4 || marker == 0xC8 || marker == 0xCC;
    if (marker >= 0xC0 && marker <= 0xCF && !is_table)
      return byte(at + channels);
    at += 2 + (byte(at + 2) << 8 | byte(at + 3));
  }
  return 0;
}

std::string_view colour_space(bytes_view jpeg) {
  switch (channels_of(jpeg)) {
    case 1: return "/DeviceGray";
    case 3: return "/DeviceRGB";
    default: throw imaging_error(ec::encode_failed, "");
  }
}

/// In points, with two digits behind the point; not as the locale has it.
std::string points(std::uint32_t pixels, double scale) {
  auto hundredths = static_cast<std::uint64_t>(pixels * scale * 100 + 0.5);
  auto rest = hundredths % 100;
  return std::to_string(hundredths / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

/// A file that is written object by object, with their places for the table at its end.
class pdf_writer {
public:
  /// The binary bytes in the second line tell programs that this is no text.
  pdf_writer() : text_{"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n"} {}

  void object(std::string_view content) {
    begin();
    text_.append(content).append("\nendobj\n");
  }

  void stream(std::string_view entries, std::string_view bytes) {
    begin();
    text_.append("<< ").append(entries).append("/Length ").append(std::to_string(bytes.size()));
    text_.append(" >>\nstream\n").append(bytes).append("\nendstream\nendobj\n");
  }

  std::string finish() {
    auto table = text_.size();
    auto count = std::to_string(places_.size() + 1);
    text_.append("xref\n0 ").append(count).append("\n0000000000 65535 f \n");
    for (auto place : places_) {
      char line[21];
      std::snprintf(line, sizeof line, "%010zu 00000 n \n", place);
      text_ += line;
    }
    text_.append("trailer\n<< /Size ").append(count).append(" /Root 1 0 R >>\nstartxref\n");
    return text_.append(std::to_string(table)).append("\n%%EOF\n");
  }

private:
  void begin() {
    places_.push_back(text_.size());
    text_.append(std::to_string(places_.size())).append(" 0 obj\n");
  }

  std::string text_;
  std::vector<std::size_t> places_;
};

} // namespace

std::vector<std::byte> pdf_around(bytes_view jpeg, std::uint32_t width, std::uint32_t height) {
  auto scale = std::min(1.0, double{page_side_max} / std::max({width, height, 1u}));
  auto across = points(width, scale);
  auto down = points(height, scale);
  auto space = std::string{colour_space(jpeg)};
  pdf_writer file;
  file.object("<< /Type /Catalog /Pages 2 0 R >>");
  file.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  file.object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 " + across + " " + down
              + "] /Contents 4 0 R /Resources << /XObject << /Image 5 0 R >> >> >>");
  file.stream("", "q " + across + " 0 0 " + down + " 0 0 cm /Image Do Q");
  file.stream("/Type /XObject /Subtype /Image /Width " + std::to_string(width) + " /Height "
                + std::to_string(height) + " /ColorSpace " + space
                + " /BitsPerComponent 8 /Filter /DCTDecode ",
              {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  auto text = file.finish();
  auto first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

} // namespace convertd
