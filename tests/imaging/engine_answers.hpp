// Every engine gives the answer of the last one, which takes everything.
#pragma once

#include "imaging/engines.hpp"
#include "imaging/steps.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

#include <string>
#include <utility>
#include <vector>

namespace convertd {

inline constexpr conversion some_sizes[] = {
  {},
  {.resize = resize_mode::width, .width = 150},
  {.resize = resize_mode::width, .width = 61},
  {.resize = resize_mode::height, .height = 29},
  {.resize = resize_mode::square, .width = 77},
  {.resize = resize_mode::instagram, .width = 101, .height = 40},
};

/// What each engine that takes it makes of it, by name.
inline std::vector<std::pair<std::string, encoded_image>>
answers(image_format format, const std::string& source, const conversion& what) {
  auto header = read_header(format, as_bytes_view(source));
  std::vector<std::pair<std::string, encoded_image>> out;
  for (const auto* x : engines())
    if (x->takes(header, as_bytes_view(source), what))
      if (auto done = x->convert(header, as_bytes_view(source), what))
        out.emplace_back(x->name(), std::move(*done));
  return out;
}

inline std::string first_engine(image_format format, const std::string& source,
                                const conversion& what) {
  return answers(format, source, what).front().first;
}

inline void expect_agreement(image_format format, const std::string& source, const conversion& what,
                             const std::string& engine) {
  auto all = answers(format, source, what);
  ASSERT_EQ(all.front().first, engine);
  const auto& theirs = all.back().second;
  auto expected = decode_raster(what.target, theirs.bytes);
  for (const auto& [name, mine] : all) {
    EXPECT_EQ(mine.width, theirs.width) << name;
    EXPECT_EQ(mine.height, theirs.height) << name;
    EXPECT_EQ(mine.applied_quality, theirs.applied_quality) << name;
    auto picture = decode_raster(what.target, mine.bytes);
    EXPECT_GT(likeness(picture, expected), 0.93) << name; // edges of pure colours, coarse chroma
    EXPECT_NEAR(static_cast<double>(mine.bytes.size()), static_cast<double>(theirs.bytes.size()),
                300 + 0.1 * static_cast<double>(theirs.bytes.size()))
      << name;
  }
}

} // namespace convertd
