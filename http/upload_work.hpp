// An upload on its way in: what every route that takes files does before it looks at the settings.
//
//   admit() ─► check what the head announces ─► read_upload() until it is whole
//
// The handler is called again whenever more of the body has arrived; what has been made of it so
// far stays in the request as its upload_work.
#pragma once

#include "http/exchange.hpp"
#include "http/multipart.hpp"
#include "http/request_meter.hpp"
#include "http/services.hpp"
#include "http/upload_form.hpp"
#include "job/account.hpp"
#include "job/limits.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Who uploads, and what is left to them.
struct uploader {
  account_id account = 0;
  plan limits;
  std::uint64_t storage_left = std::numeric_limits<std::uint64_t>::max();
};

/// Throws request_refused if the key is missing or wrong. Counts what the account has stored.
uploader admit(exchange& x, const services& with);

/// An upload between two times that its request is served.
struct upload_work : request_work {
  /// `boundary` is that of the multipart body.
  upload_work(uploader who, std::string_view boundary, const services& with);
  ~upload_work() override;

  uploader from;
  quota_claim claim; ///< Of a request that counts; see http/admission.hpp.
  upload_form form;
  multipart_parser parser;
  std::string rest;        ///< Arrived and not told apart yet.
  std::size_t counted = 0; ///< Of memory_of_waiting.

  /// What all uploads that wait for bytes hold in memory, bytes.
  static inline std::atomic<std::size_t> memory_of_waiting = 0;
};

/// Refuses what can be refused before a byte of the body is read; later "100 Continue" goes out.
void check_announced_length(const exchange& x, const services& with, const uploader& from);

/// A file of an upload grows by whole pieces of this size, each a piece of the page cache too:
/// where they do not begin at multiples of it, the kernel makes many small ones of each (a seventh
/// of the time that a bare server takes for an upload).
inline constexpr std::size_t upload_piece_bytes = 128 * kib;
/// No read is asked for less, however near the next multiple is: bytes that are no file's do not
/// bring it nearer.
inline constexpr std::size_t upload_read_bytes_least = 32 * kib;

/// How much to read next where files have `size` bytes so far.
constexpr std::size_t bytes_to_read(std::uint64_t size) {
  auto left = static_cast<std::size_t>(upload_piece_bytes - size % upload_piece_bytes);
  return left < upload_read_bytes_least ? left + upload_piece_bytes : left;
}

/// Reads what has arrived of the body. False if more has to come first: the request is parked then,
/// and the handler should return. Throws request_refused, and std::system_error of the disk.
bool read_upload(exchange& x, upload_work& work);

/// One record for each file of the form: names, place among the sources, what to do.
std::vector<file_record> make_records(const upload_form& form, const std::vector<conversion>& each);

/// Runs a handler that writes uploads: a full disk becomes the refusal `storage_full`.
void refuse_when_full(exchange& x, const services& with,
                      void (*serve)(exchange& x, const services& with));

} // namespace convertd
