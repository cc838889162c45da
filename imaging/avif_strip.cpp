#include "imaging/avif_strip.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

namespace convertd {

namespace {

/// Reads numbers one after the other; past the end it is broken and gives 0.
class box_reader {
public:
  explicit box_reader(bytes_view left) : left_{left} {}

  std::uint64_t number(std::size_t size) {
    if (size > left_.size()) {
      broken_ = true;
      return 0;
    }
    std::uint64_t x = 0;
    for (auto byte : left_.first(size))
      x = x << 8 | std::to_integer<std::uint64_t>(byte);
    left_ = left_.subspan(size);
    return x;
  }
  std::string_view text(std::size_t size) {
    auto at = left_;
    number(std::min<std::size_t>(size, left_.size()));
    return {reinterpret_cast<const char*>(at.data()), std::min(size, at.size())};
  }
  bytes_view left() const {
    return left_;
  }
  bool broken() const {
    return broken_;
  }

private:
  bytes_view left_;
  bool broken_ = false;
};

/// Calls `f` with the name and the content of each box.
template <class F>
void for_each_box(bytes_view in, F f) {
  box_reader x{in};
  while (x.left().size() >= 8) {
    auto all = x.left();
    std::uint64_t head = 8;
    auto size = x.number(4);
    auto name = x.text(4);
    if (size == 1) {
      size = x.number(8);
      head = 16;
    }
    if (size == 0)
      size = all.size();
    if (size < head || size > all.size())
      return;
    f(name, all.subspan(head, size - head));
    x = box_reader{all.subspan(size)};
  }
}

bytes_view box_in(bytes_view in, std::string_view wanted) {
  bytes_view found;
  for_each_box(in, [&](std::string_view name, bytes_view content) {
    if (name == wanted && found.empty())
      found = content;
  });
  return found;
}

struct told_items {
  std::set<std::uint64_t> exif, xmp;
};

/// Items of iinf that say something about the picture.
told_items told_in(bytes_view iinf) {
  told_items out;
  box_reader x{iinf};
  auto version = x.number(4) >> 24;
  x.number(version == 0 ? 2 : 4);
  for_each_box(x.left(), [&](std::string_view name, bytes_view content) {
    box_reader entry{content};
    auto kind = entry.number(4) >> 24; // its version
    if (name != "infe" || kind < 2)
      return;
    auto id = entry.number(kind == 2 ? 2 : 4);
    entry.number(2);
    auto type = entry.text(4);
    if (type == "Exif")
      out.exif.insert(id);
    else if (type == "mime" || type == "uri ")
      out.xmp.insert(id);
  });
  return out;
}

void fill(std::span<std::byte> place, std::string_view start, char rest) {
  for (std::size_t i = 0; i < place.size(); ++i)
    place[i] = static_cast<std::byte>(i < start.size() ? start[i] : rest);
}

/// No offset to it, then a TIFF header and a directory with nothing in it.
constexpr std::string_view empty_exif{"\0\0\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", 18};

/// Where iloc's numbers point to: from the start of the file, or of the box idat.
struct places {
  std::span<std::byte> file;
  std::span<std::byte> idat;

  std::optional<std::span<std::byte>> at(std::uint64_t method, std::uint64_t offset,
                                         std::uint64_t size) const {
    auto whole = method == 1 ? idat : file;
    if (method > 1 || offset > whole.size() || size > whole.size() - offset)
      return std::nullopt;
    return whole.subspan(offset, size);
  }
};

/// Blanks the places of the items; false when one cannot be found.
bool blank(bytes_view iloc, const told_items& items, const places& where) {
  box_reader x{iloc};
  auto version = x.number(4) >> 24;
  auto sizes = x.number(2);
  auto field = [&](int shift) { return static_cast<std::size_t>(sizes >> shift & 15); };
  auto count = x.number(version < 2 ? 2 : 4);
  for (std::uint64_t i = 0; i < count && !x.broken(); ++i) {
    auto id = x.number(version < 2 ? 2 : 4);
    auto method = version == 0 ? 0 : x.number(2) & 15;
    x.number(2); // in which file
    auto base = x.number(field(4));
    auto extents = x.number(2);
    auto is_exif = items.exif.contains(id);
    for (std::uint64_t n = 0; n < extents && !x.broken(); ++n) {
      if (version != 0)
        x.number(field(0));
      auto offset = x.number(field(12));
      auto size = x.number(field(8));
      if (!is_exif && !items.xmp.contains(id))
        continue;
      auto place = where.at(method, base + offset, size);
      if (!place)
        return false;
      fill(*place, is_exif && n == 0 ? empty_exif : "", is_exif ? '\0' : ' ');
    }
  }
  return !x.broken();
}

} // namespace

std::vector<std::byte> strip_avif(bytes_view source) {
  std::vector<std::byte> out{source.begin(), source.end()};
  constexpr std::size_t full_box = 4;
  auto meta = box_in(source, "meta");
  if (meta.size() < full_box)
    return {};
  meta = meta.subspan(full_box);
  auto idat = box_in(meta, "idat");
  std::span<std::byte> file{out};
  places where{.file = file, .idat = {}};
  if (!idat.empty())
    where.idat = file.subspan(static_cast<std::size_t>(idat.data() - source.data()), idat.size());
  auto items = told_in(box_in(meta, "iinf"));
  if (!items.exif.empty() || !items.xmp.empty())
    if (!blank(box_in(meta, "iloc"), items, where))
      return {};
  return out;
}

} // namespace convertd
