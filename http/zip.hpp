// The parts of a zip archive whose members are stored as they are (PKWARE's APPNOTE 6.3.10).
//
// Everything is known beforehand, so an archive is a function of its entries: it can be sent from
// any byte on, again and again. Zip64 only where a number does not fit (sections 4.3.14 to 4.5.3):
// what knows no Zip64 opens the others. Pure arithmetic.
#pragma once

#include "job/time.hpp"

#include <cstdint>
#include <string>

namespace convertd {

struct zip_entry {
  std::string name; ///< UTF-8, unique, no path.
  std::uint64_t size = 0;
  std::uint32_t crc32 = 0;
};

/// All entries bear this time, since the archive has to be the same whenever it is made.
class zip_parts {
public:
  explicit zip_parts(timestamp modified);

  /// Stands before the bytes of an entry.
  std::string local_header(const zip_entry& x) const;
  /// Stands in the central directory; `offset` is that of the local header.
  std::string central_header(const zip_entry& x, std::uint64_t offset) const;
  /// Stands at the end.
  std::string end(std::uint64_t entries, std::uint64_t central_offset,
                  std::uint64_t central_size) const;

  // How long these are.
  static std::uint64_t local_size(const zip_entry& x);
  static std::uint64_t central_size(const zip_entry& x, std::uint64_t offset);
  static std::uint64_t end_size(std::uint64_t entries, std::uint64_t central_offset,
                                std::uint64_t central_size);

private:
  std::uint16_t dos_time_ = 0;
  std::uint16_t dos_date_ = 0;
};

/// What a file is called in an archive. Characters that mean something to some system become "_",
/// and such a name gets its file's index, so that names stay unique.
std::string name_in_archive(const std::string& name, std::uint32_t index);

} // namespace convertd
