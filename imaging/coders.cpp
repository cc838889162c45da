#include "imaging/coders.hpp"

#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

struct coder_names {
  image_format format;
  const char* reader;
  const char* writer;
};

using enum image_format;

constexpr std::array table{
  coder_names{jpg, "JPEG", "JPEG"},  coder_names{png, "PNG", "PNG"},
  coder_names{webp, "WEBP", "WEBP"}, coder_names{tiff, "TIFF", "TIFF"},
  coder_names{gif, "GIF", "GIF"},    coder_names{bmp, "BMP", "BMP"},
};

const coder_names& row_of(image_format x) {
  auto found = std::ranges::find(table, x, &coder_names::format);
  if (found == table.end())
    throw imaging_error(ec::unsupported_input, "");
  return *found;
}

} // namespace

const char* reader_of(image_format x) {
  return row_of(x).reader;
}

const char* writer_of(image_format x) {
  return row_of(x).writer;
}

std::string allowed_coders() {
  std::string list;
  for (const auto& row : table)
    for (std::string name : {row.reader, row.writer})
      if (("," + list + ",").find("," + name + ",") == std::string::npos)
        list += (list.empty() ? "" : ",") + name;
  return list;
}

} // namespace convertd
