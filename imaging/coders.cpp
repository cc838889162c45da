#include "imaging/coders.hpp"

#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

struct coder_names {
  image_format format;
  const char* reader;
  const char* writer; ///< Null where we write it without ImageMagick, or not at all.
};

using enum image_format;

constexpr std::array table{
  coder_names{jpg, "JPEG", "JPEG"},  coder_names{png, "PNG", "PNG"},
  coder_names{webp, "WEBP", "WEBP"}, coder_names{tiff, "TIFF", "TIFF"},
  coder_names{gif, "GIF", "GIF"},    coder_names{bmp, "BMP", nullptr},
  coder_names{ico, "ICO", nullptr},  coder_names{cur, "CUR", nullptr},
  coder_names{psd, "PSD", nullptr},  coder_names{tga, "TGA", nullptr},
  coder_names{hdr, "HDR", nullptr},  coder_names{pcx, "PCX", nullptr},
  coder_names{sgi, "SGI", nullptr},  coder_names{jp2, "JP2", nullptr},
  coder_names{pnm, "PNM", nullptr},
};

const coder_names& row_of(image_format x) {
  auto found = std::ranges::find(table, x, &coder_names::format);
  if (found == table.end())
    throw imaging_error(ec::unsupported_input, "");
  return *found;
}

template <class F>
std::string joined(F name_of_row) {
  std::string list;
  for (const auto& row : table)
    if (const char* name = name_of_row(row))
      list.append(list.empty() ? "" : ",").append(name);
  return list;
}

} // namespace

const char* reader_of(image_format x) {
  return row_of(x).reader;
}

const char* writer_of(image_format x) {
  if (row_of(x).writer == nullptr)
    throw imaging_error(ec::encode_failed, "");
  return row_of(x).writer;
}

std::string coders_to_read() {
  return joined([](const coder_names& x) { return x.writer == nullptr ? x.reader : nullptr; });
}

std::string coders_to_write() {
  return joined([](const coder_names& x) { return x.writer; });
}

} // namespace convertd
