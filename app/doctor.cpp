#include "app/doctor.hpp"

#include "app/codec_program.hpp"
#include "app/data_directory.hpp"
#include "app/server_options.hpp"
#include "codec/self_test.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace convertd {

namespace {

using weight = finding::weight;

constexpr std::chrono::seconds time_max{30};
constexpr rlim_t descriptors_wanted = 4'096;

std::string gib_text(std::uint64_t bytes) {
  return std::to_string(bytes / gib) + "." + std::to_string(bytes % gib * 10 / gib) + " GiB";
}

finding kernel() {
  utsname name{};
  ::uname(&name);
  return {weight::good, "kernel", std::string{name.sysname} + " " + name.release, ""};
}

finding descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  auto text = std::to_string(limit.rlim_max) + " open files are allowed";
  if (limit.rlim_max >= descriptors_wanted)
    return {weight::good, "limits", text, ""};
  return {weight::note, "limits", text,
          "Raise it (LimitNOFILE=65536 in the unit): fewer connections are taken else."};
}

finding memory(const settings& with) {
  auto total = codec_memory_total(with);
  auto largest = codec_working_set(codecs_of(with).memory_max);
  auto text = gib_text(total) + " for codec processes";
  if (largest <= total)
    return {weight::good, "memory", text, ""};
  return {weight::note, "memory",
          text + "; the largest image that limits.frame_pixels allows may take "
            + gib_text(largest),
          "Such images are refused as too large. Lower limits.frame_pixels, or raise "
          "codec.memory_total if the machine has more."};
}

/// True if files without a name can be made there, which everything on disk depends on.
bool takes_nameless_files(const std::filesystem::path& folder) {
  owned_fd fd{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode)};
  return static_cast<bool>(fd);
}

finding data_folder(const settings& with) {
  std::error_code failed;
  auto text = with.data.string();
  if (!std::filesystem::exists(with.data, failed)) {
    auto parent = std::filesystem::absolute(with.data).parent_path();
    if (::access(parent.c_str(), W_OK) == 0)
      return {weight::good, "data", text + " is not there yet; the first start makes it", ""};
    return {weight::wrong, "data", text + " is not there, and " + parent.string() + " is not ours",
            "Make it with mode 0700 for the user that the server runs as."};
  }
  try {
    become_owner_of(with.data);
    data_directory data{with.data};
  } catch (const data_directory_in_use& running) {
    return {weight::good, "data", running.what(), ""};
  } catch (const data_directory_error& wrong) {
    return {weight::wrong, "data", wrong.what(), "Mend it, or choose another folder with data."};
  }
  if (!takes_nameless_files(with.data))
    return {weight::wrong, "data", text + ": its file system knows no O_TMPFILE",
            "Take ext4, XFS, Btrfs or another one that does."};
  return {weight::good, "data", text + " can be used", ""};
}

finding disk(const settings& with) {
  auto folder = std::filesystem::absolute(with.data);
  std::error_code failed;
  while (!std::filesystem::exists(folder, failed) && folder.has_relative_path())
    folder = folder.parent_path();
  struct statvfs x {};
  if (::statvfs(folder.c_str(), &x) != 0 || x.f_blocks == 0)
    return {weight::note, "disk", "nothing is known of the disk of " + folder.string(),
            "Look at it."};
  auto usable = x.f_blocks - x.f_bfree + x.f_bavail;
  auto used = (x.f_blocks - x.f_bfree) * 100 / std::max<std::uint64_t>(usable, 1);
  auto text =
    gib_text(std::uint64_t{x.f_bavail} * x.f_frsize) + " free, " + std::to_string(used) + " % used";
  if (used <= with.disk_high_water)
    return {weight::good, "disk", text, ""};
  return {weight::wrong, "disk", text,
          "Above disk_high_water = " + std::to_string(with.disk_high_water)
            + " new jobs are refused. Make room, or shorten retention."};
}

finding lock(const settings& with) {
  auto report = codec_self_test(lock_trial_of(with), with.data.string(),
                                std::chrono::steady_clock::now() + time_max);
  if (!report.passed())
    return {weight::wrong, "codec lock", complaint(report), "See docs/security.md."};
  auto text = std::to_string(report.acts) + " forbidden acts tried, all refused; Landlock version "
              + std::to_string(report.landlock);
  auto missing = missing_walls(report.landlock);
  if (missing.empty())
    return {weight::good, "codec lock", text, ""};
  return {weight::note, "codec lock", text + ". " + missing.front(),
          "The system call filter closes it as well; a newer kernel would close it twice."};
}

/// What a codec process says to one conversion of a picture of one pixel; empty if it is done.
std::string trouble_with(image_format target, const zygote_keeper& zygote, const settings& with) {
  constexpr std::string_view picture{"P6 1 1 255\n\xff\0\0", 14};
  auto deadline = std::chrono::steady_clock::now() + time_max;
  owned_fd source{::memfd_create("source", MFD_CLOEXEC)};
  owned_fd output{::memfd_create("output", MFD_CLOEXEC)};
  write_all(source.get(), picture, "write a picture");
  auto started = codec_process::start(zygote.control(), deadline);
  if (auto* fault = std::get_if<codec_fault>(&started))
    return std::string{fault->why.text()};
  auto& process = std::get<codec_process>(started);
  codec_order order;
  order.source_format = image_format::pnm;
  order.source_length = picture.size();
  order.what.target = target;
  order.limits = with.limits;
  auto header = process.probe(order, source.get(), deadline);
  if (auto* fault = std::get_if<codec_fault>(&header))
    return std::string{fault->why.text()};
  auto memory = memory_needed(std::get<image_header>(header), order.what);
  auto result = process.convert(output.get(), memory, deadline);
  auto* fault = std::get_if<codec_fault>(&result);
  return fault != nullptr ? std::string{fault->why.text()} : "";
}

finding coders(const settings& with, const zygote_keeper& zygote) {
  std::string good;
  std::string bad;
  for (const auto& x : all_formats()) {
    if (!x.write)
      continue;
    auto trouble = trouble_with(x.format, zygote, with);
    auto& to = trouble.empty() ? good : bad;
    to += (to.empty()        ? ""
           : trouble.empty() ? " "
                             : "; ")
          + std::string{x.name} + (trouble.empty() ? "" : ": " + trouble);
  }
  if (bad.empty())
    return {weight::good, "codecs", "a picture was converted to " + good, ""};
  return {weight::wrong, "codecs", bad,
          "A library of that format may be missing; apt install --reinstall convertd."};
}

} // namespace

std::vector<finding> examine(const settings& with) {
  std::vector<finding> found{kernel(), descriptors()};
  try {
    zygote_keeper zygote{codecs_of(with)};
    found.push_back(lock(with));
    found.push_back(coders(with, zygote));
  } catch (const std::exception& error) {
    found.push_back({weight::wrong, "codecs", error.what(),
                     "Install the package again, or set codec.program and codec.user."});
    return found;
  }
  found.push_back(memory(with));
  found.push_back(data_folder(with));
  found.push_back(disk(with));
  return found;
}

} // namespace convertd
