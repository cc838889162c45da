// PDF files of one page with one image, written here: ImageMagick's writer wants a temporary file.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// PDF 1.4 (ISO 32000-1) around a baseline JPEG file of grey or RGB, 8 bits. A pixel is a point, or
/// less where the page would be longer than readers take. Throws imaging_error(encode_failed) where
/// `jpeg` has other channels.
std::vector<std::byte> pdf_around(bytes_view jpeg, std::uint32_t width, std::uint32_t height);

} // namespace convertd
