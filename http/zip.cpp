#include "http/zip.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace convertd {

namespace {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator_signature = 0x07064b50;
constexpr std::uint32_t end_signature = 0x06054b50;

constexpr std::uint64_t local_fixed = 30;
constexpr std::uint64_t central_fixed = 46;
constexpr std::uint64_t end64_bytes = 56;
constexpr std::uint64_t locator_bytes = 20;
constexpr std::uint64_t end_fixed = 22;

/// What does not fit is these ones, and stands in a Zip64 field.
constexpr std::uint64_t ones16 = 0xFFFF;
constexpr std::uint64_t ones32 = 0xFFFFFFFF;

constexpr std::uint16_t version_plain = 20;
constexpr std::uint16_t version_zip64 = 45;
constexpr std::uint16_t made_by_unix = 3 << 8 | version_zip64;
constexpr std::uint16_t utf8_name = 1 << 11;
constexpr std::uint16_t stored = 0;
constexpr std::uint32_t regular_file_0644 = 0100644U << 16;
constexpr std::uint16_t zip64_field = 1;
constexpr std::uint64_t field_head = 4;

class writer {
public:
  template <class T>
  writer& put(std::uint64_t x) {
    for (std::size_t i = 0; i < sizeof(T); ++i, x >>= 8)
      out_ += static_cast<char>(x & 0xFF);
    return *this;
  }
  writer& u16(std::uint64_t x) {
    return put<std::uint16_t>(x);
  }
  writer& u32(std::uint64_t x) {
    return put<std::uint32_t>(x);
  }
  writer& u64(std::uint64_t x) {
    return put<std::uint64_t>(x);
  }
  writer& text(std::string_view x) {
    out_ += x;
    return *this;
  }
  std::string take() {
    return std::move(out_);
  }

private:
  std::string out_;
};

bool large(std::uint64_t x) {
  return x >= ones32;
}

std::uint64_t or_ones(std::uint64_t x) {
  return large(x) ? ones32 : x;
}

std::uint64_t local_extra(const zip_entry& x) {
  return large(x.size) ? field_head + 16 : 0;
}

std::uint64_t central_extra(const zip_entry& x, std::uint64_t offset) {
  auto numbers = (large(x.size) ? 2U : 0U) + (large(offset) ? 1U : 0U);
  return numbers > 0 ? field_head + numbers * 8ULL : 0;
}

bool needs_end64(std::uint64_t entries, std::uint64_t offset, std::uint64_t size) {
  return entries >= ones16 || large(offset) || large(size);
}

} // namespace

zip_parts::zip_parts(timestamp modified) {
  using namespace std::chrono;
  auto day = floor<days>(modified);
  year_month_day date{day};
  hh_mm_ss time{floor<seconds>(modified - day)};
  auto year = std::max(static_cast<int>(date.year()), 1980) - 1980;
  dos_date_ = static_cast<std::uint16_t>(year << 9 | static_cast<int>(unsigned{date.month()}) << 5
                                         | static_cast<int>(unsigned{date.day()}));
  dos_time_ = static_cast<std::uint16_t>(time.hours().count() << 11 | time.minutes().count() << 5
                                         | time.seconds().count() / 2);
}

std::string zip_parts::local_header(const zip_entry& x) const {
  auto extra = local_extra(x);
  writer out;
  out.u32(local_signature).u16(extra > 0 ? version_zip64 : version_plain);
  out.u16(utf8_name).u16(stored).u16(dos_time_).u16(dos_date_).u32(x.crc32);
  out.u32(or_ones(x.size)).u32(or_ones(x.size)).u16(x.name.size()).u16(extra).text(x.name);
  if (extra > 0)
    out.u16(zip64_field).u16(extra - field_head).u64(x.size).u64(x.size);
  return out.take();
}

std::string zip_parts::central_header(const zip_entry& x, std::uint64_t offset) const {
  auto extra = central_extra(x, offset);
  writer out;
  out.u32(central_signature).u16(made_by_unix).u16(extra > 0 ? version_zip64 : version_plain);
  out.u16(utf8_name).u16(stored).u16(dos_time_).u16(dos_date_).u32(x.crc32);
  out.u32(or_ones(x.size)).u32(or_ones(x.size)).u16(x.name.size()).u16(extra);
  out.u16(0).u16(0).u16(0); // no comment, first disk, no internal attributes
  out.u32(regular_file_0644).u32(or_ones(offset)).text(x.name);
  if (extra > 0)
    out.u16(zip64_field).u16(extra - field_head);
  if (large(x.size))
    out.u64(x.size).u64(x.size);
  if (large(offset))
    out.u64(offset);
  return out.take();
}

std::string zip_parts::end(std::uint64_t entries, std::uint64_t central_offset,
                           std::uint64_t central_size) const {
  writer out;
  if (needs_end64(entries, central_offset, central_size)) {
    out.u32(end64_signature).u64(end64_bytes - 12).u16(made_by_unix).u16(version_zip64);
    out.u32(0).u32(0).u64(entries).u64(entries).u64(central_size).u64(central_offset);
    out.u32(locator_signature).u32(0).u64(central_offset + central_size).u32(1);
  }
  auto count = std::min(entries, ones16);
  out.u32(end_signature).u16(0).u16(0).u16(count).u16(count);
  return out.u32(or_ones(central_size)).u32(or_ones(central_offset)).u16(0).take();
}

std::uint64_t zip_parts::local_size(const zip_entry& x) {
  return local_fixed + x.name.size() + local_extra(x);
}

std::uint64_t zip_parts::central_size(const zip_entry& x, std::uint64_t offset) {
  return central_fixed + x.name.size() + central_extra(x, offset);
}

std::uint64_t zip_parts::end_size(std::uint64_t entries, std::uint64_t central_offset,
                                  std::uint64_t central_size) {
  return end_fixed
         + (needs_end64(entries, central_offset, central_size) ? end64_bytes + locator_bytes : 0);
}

std::string name_in_archive(const std::string& name, std::uint32_t index) {
  constexpr std::string_view special = ":*?\"<>|/\\";
  constexpr std::string_view mark = " (#"; // how names that were changed end: kept for them
  if (name.find_first_of(special) == name.npos && name.find(mark) == name.npos)
    return name;
  std::string safe;
  for (char each : name)
    safe += special.find(each) == special.npos ? each : '_';
  auto dot = std::min(safe.rfind('.'), safe.size());
  return safe.insert(dot, std::string{mark} + std::to_string(index) + ")");
}

} // namespace convertd
