#include "http/form_source.hpp"

#include "job/ids.hpp"

#include <algorithm>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace convertd {

namespace {

constexpr std::uint64_t piece_bytes_max = 64 * 1024;

/// Within quotes, as browsers do it.
std::string in_quotes(std::string_view name) {
  std::string out;
  for (auto c : name) {
    if (c == '"')
      out += "%22";
    else if (c == '\r' || c == '\n')
      out += c == '\r' ? "%0D" : "%0A";
    else
      out += c;
  }
  return out;
}

owned_fd open_to_read(const std::filesystem::path& file) {
  owned_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd)
    throw std::system_error{errno, std::generic_category(), file.string()};
  return fd;
}

} // namespace

form_source::form_source(const api_form& form)
  : boundary_{"convertd-" + to_text(mint_uuid(wall_clock()))} {
  for (const auto& [name, value] : form.fields)
    add_text("--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"" + in_quotes(name)
             + "\"\r\n\r\n" + value + "\r\n");
  for (const auto& file : form.files) {
    add_text("--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\""
             + in_quotes(file.filename().string())
             + "\"\r\nContent-Type: application/octet-stream\r\n\r\n");
    add_file(file);
    add_text("\r\n");
  }
  add_text("--" + boundary_ + "--\r\n");
}

std::string form_source::content_type() const {
  return "multipart/form-data; boundary=" + boundary_;
}

void form_source::add_text(std::string text) {
  auto size = text.size();
  parts_.push_back({size_, size, std::move(text), {}});
  size_ += size;
}

void form_source::add_file(const std::filesystem::path& file) {
  auto fd = open_to_read(file);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    throw std::invalid_argument{file.string() + " is no file"};
  if (facts.st_size == 0)
    throw std::invalid_argument{file.string() + " is empty"};
  parts_.push_back({size_, static_cast<std::uint64_t>(facts.st_size), {}, file});
  size_ += static_cast<std::uint64_t>(facts.st_size);
}

std::string form_source::read(std::uint64_t offset, std::uint64_t length) {
  auto after = std::ranges::upper_bound(parts_, offset, {}, &part::begin);
  const auto& from = *std::prev(after);
  auto at = offset - from.begin;
  length = std::min({length, from.size - at, piece_bytes_max});
  if (from.file.empty())
    return from.text.substr(at, length);
  if (open_file_ != from.file || !open_) {
    open_ = open_to_read(from.file);
    open_file_ = from.file;
  }
  std::string piece(length, '\0');
  auto got = ::pread(open_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
  if (got <= 0)
    throw std::system_error{got < 0 ? errno : EIO, std::generic_category(),
                            from.file.string() + " became shorter"};
  piece.resize(static_cast<std::size_t>(got));
  return piece;
}

} // namespace convertd
