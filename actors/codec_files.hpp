// Descriptors that a worker hands to its codec process, and what it takes back of them. All throw
// std::system_error.
#pragma once

#include "codec/client.hpp"
#include "job/image_format.hpp"
#include "job/job.hpp"
#include "storage/fd.hpp"
#include "storage/job_files.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// A file's bytes on their way to a codec process: in a file, or here if they are few.
struct source_bytes {
  owned_fd file;
  std::string few;
};

/// The file's part of `sources`; nothing if it is not all there.
std::optional<source_bytes> few_of(std::string_view sources, const file_record& file);

/// As much as tells the format.
std::vector<std::byte> read_head(const source_bytes& source, const codec_order& where);

/// The file's bytes are not read again, most likely: the kernel may use their memory for what comes
/// next, before it forgets what is read more often, or takes memory that a virtual machine has
/// not touched yet (10 µs a page). Only for a source that is synced: the rest would be written to
/// the disk for it. A hint, whatever comes of it.
void give_back_cache(int source, const file_record& file);

owned_fd memory_file();

/// What one codec process reads small sources from and writes its results to, file after file. They
/// are made when they are first needed, and go with the process: it may hold them on, so nobody
/// else gets them. Not made anew for each file, since the file system then has a file less to make
/// and to remove; ext4 without a journal even looks, whenever it makes one, over all that were
/// removed in the last minutes. A descriptor lives as long as this does.
class codec_scratch {
public:
  /// A memory file with `bytes`. Before another is asked for, or an output, comes empty().
  int source(std::string_view bytes);

  /// An empty memory file.
  int output_in_memory();

  /// An empty one without a name, of `files`.
  int output_on_disk(const job_files& files);

  /// Nothing of a source or a result stays. Call it after each use.
  void empty();

  /// The last output on disk, for somebody else to keep.
  owned_fd take_disk();

private:
  struct file {
    owned_fd fd;
    bool used = false;
  };

  file source_;
  file in_memory_;
  file on_disk_;
};

/// What the codec process says of its output is checked against the output itself.
bool holds_what_it_says(int fd, const codec_result& result, image_format target);

/// The result of a process, in memory. Null if it is not what the process told of.
std::shared_ptr<const std::string> bytes_of_output(int output, const codec_result& result);

/// The process may still hold the file that it wrote to, so what becomes the result is another one,
/// a nameless one of `files`; to end the process instead would cost the next file more. Nothing if
/// the bytes are not those that the process told of.
owned_fd copy_of_output(int output, const codec_result& result, const job_files& files);

} // namespace convertd
