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
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// As much as tells the format.
std::vector<std::byte> read_head(int fd, std::uint64_t offset, std::uint64_t length);

owned_fd memory_file();

/// The file's part of `sources`, for a codec; nothing if it is not all there.
owned_fd slice_of(std::string_view sources, const file_record& file);

std::string read_all(int fd, std::uint64_t size);

/// What the codec process says of its output is checked against the output itself.
bool holds_what_it_says(int fd, const codec_result& result, image_format target);

/// The process may still hold the file that it wrote to, so what becomes the result is another one,
/// a nameless one of `files`; to end the process instead would cost the next file more. Nothing if
/// the bytes are not those that the process told of.
owned_fd copy_of_output(int output, const codec_result& result, const job_files& files);

} // namespace convertd
