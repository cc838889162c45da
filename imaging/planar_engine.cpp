#include "imaging/planar_engine.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/jpeg_notes.hpp"
#include "imaging/jpeg_planes.hpp"
#include "imaging/planar_geometry.hpp"
#include "imaging/webp_encode.hpp"
#include "imaging/webp_metadata.hpp"

#include <algorithm>
#include <utility>

namespace convertd {

namespace {

plane<std::uint8_t> transposed(const plane<std::uint8_t>& x) {
  constexpr std::uint32_t tile = 32; // rows and columns that stay in the cache
  plane<std::uint8_t> out(x.height, x.width);
  for (std::uint32_t top = 0; top < x.height; top += tile)
    for (std::uint32_t left = 0; left < x.width; left += tile)
      for (auto column = left; column < std::min(left + tile, x.width); ++column)
        for (auto row = top; row < std::min(top + tile, x.height); ++row)
          out.row(column)[row] = x.row(row)[column];
  return out;
}

/// Nothing where the decoder warns.
std::optional<ycc_planes> read(jpeg_planes& from, const planned_sides& sides) {
  from.start(eighths_for(sides));
  ycc_planes out{.width = sides.across.pixels, .height = sides.down.pixels, .planes = {}};
  jpeg_planes::resizers resizers;
  const auto& across = sides.transposed ? sides.down : sides.across;
  const auto& down = sides.transposed ? sides.across : sides.down;
  for (std::size_t i = 0; i < out.planes.size(); ++i) {
    auto x = from.layout_of(i);
    auto pixels = i == 0 ? 1u : 2u;
    resizers[i].emplace(lanczos_axis(axis_of(across, x.width, x.across, pixels)),
                        lanczos_axis(axis_of(down, x.height, x.down, pixels)), out.planes[i],
                        x.batch, x.room);
  }
  if (!from.read(resizers))
    return std::nullopt;
  if (sides.transposed)
    for (auto& x : out.planes)
      x = transposed(x);
  return out;
}

encoded_image with_notes(encoded_image plain, const jpeg_notes& notes) {
  if (notes.exif.empty() && notes.xmp.empty())
    return plain;
  auto owner = std::make_shared<const std::vector<std::byte>>(
    webp_with_notes(plain.bytes, notes.exif_from_header(), notes.xmp));
  plain.bytes = *owner;
  plain.owner = owner;
  return plain;
}

} // namespace

std::string_view planar_engine::name() const {
  return "planar";
}

bool planar_engine::takes(const source_header& header, bytes_view source,
                          const conversion& what) const {
  using enum image_format;
  auto lossy = what.target == jpg || (what.target == webp && what.quality < 100);
  if (header.format != jpg || !lossy)
    return false;
  auto plan = plan_geometry(what, working_size(header, what));
  return plan.canvas == plan.cropped && notes_can_be_kept(source, what.strip_metadata)
         && jpeg_planes{source}.are_plain();
}

std::optional<encoded_image> planar_engine::convert(const source_header& header, bytes_view source,
                                                    const conversion& what) const {
  auto plan = plan_geometry(what, working_size(header, what));
  jpeg_planes from{source};
  stage_times times;
  std::optional<ycc_planes> planes;
  try { // rows are resized as they are decoded: that is one stage
    planes = timed(times.decode, [&] { return read(from, plan_sides(header, what, plan)); });
  } catch (const imaging_error&) { // the last engine has the last word
  }
  if (!planes)
    return std::nullopt;
  auto notes =
    what.strip_metadata ? jpeg_notes{} : notes_to_keep(source, header, what, plan.canvas);
  auto result = timed(times.encode, [&] {
    if (what.target == image_format::jpg)
      return write_jpeg(*planes, what.quality, from.density(), notes.segments());
    return with_notes(write_webp(*planes, what.quality), notes);
  });
  result.times = times;
  return result;
}

} // namespace convertd
