#include "imaging/policy.hpp"

#include "imaging/coders.hpp"
#include "imaging/magick_core.hpp"
#include "imaging/raster.hpp"
#include "imaging/tiny_files.hpp"

#include <Magick++.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace convertd {

namespace {

int out_of_memory_code = 1;
int fatal_code = 1;

void on_fatal_error(const MagickCore::ExceptionType severity, const char*, const char*) {
  auto memory = severity == MagickCore::ResourceLimitFatalError;
  _exit(memory ? out_of_memory_code : fatal_code);
}

/// HOME and XDG name directories with policies, MAGICK_* sets limits, paths and caches.
void clear_environment() {
  std::vector<std::string> names{"HOME", "LTDL_LIBRARY_PATH"};
  for (auto** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view line{*entry};
    if (line.starts_with("XDG_") || line.starts_with("MAGICK_"))
      names.emplace_back(line.substr(0, line.find('=')));
  }
  for (const auto& name : names)
    unsetenv(name.c_str());
}

constexpr std::string_view directory_prefix = "convertd-policy-";

/// What starts left behind that were killed half-way. Others' directories do not let us.
void sweep(const std::string& parent) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  auto limit = fs::file_time_type::clock::now() - std::chrono::minutes(1);
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    auto name = entry.path().filename().string();
    if (!name.starts_with(directory_prefix) || entry.last_write_time(ignored) > limit)
      continue;
    unlink((entry.path() / "policy.xml").c_str());
    rmdir(entry.path().c_str());
  }
}

/// A directory with our policy.xml in it, for as long as it lives.
class policy_directory {
public:
  explicit policy_directory(const std::string& text) {
    const char* parent = std::getenv("TMPDIR");
    for (std::string place : {parent != nullptr ? parent : "/tmp", "/tmp", "/dev/shm"}) {
      sweep(place);
      place += "/" + std::string{directory_prefix} + "XXXXXX";
      if (mkdtemp(place.data()) == nullptr)
        continue;
      path_ = place;
      std::ofstream{file()} << text << std::flush;
      return;
    }
  }
  ~policy_directory() {
    if (path_.empty())
      return;
    unlink(file().c_str());
    rmdir(path_.c_str());
  }
  policy_directory(const policy_directory&) = delete;
  policy_directory& operator=(const policy_directory&) = delete;

  const std::string& path() const {
    return path_;
  }

private:
  std::string file() const {
    return path_ + "/policy.xml";
  }

  std::string path_;
};

/// Denials hold wherever they stand; should the directory have failed, they come in this way.
bool add_policy(const std::string& text) {
  core_problem problem{MagickCore::AcquireExceptionInfo()};
  return MagickCore::SetMagickSecurityPolicy(text.c_str(), problem.get())
         != MagickCore::MagickFalse;
}

std::uint64_t limit_in_force(MagickCore::ResourceType x) {
  return MagickCore::GetMagickResourceLimit(x);
}

raster tiny_picture() {
  raster x{.width = 16, .height = 16, .channels = 4, .samples = {}};
  for (unsigned i = 0; i < 16 * 16 * 4; ++i)
    x.samples.push_back(static_cast<std::uint8_t>(i * 37));
  return x;
}

void warm(image_format format) {
  auto tiny = tiny_file(format);
  if (!tiny.empty()) {
    decode_raster(format, tiny);
    return;
  }
  auto encoded = encode_raster(tiny_picture(), format);
  decode_raster(format, encoded.bytes);
}

/// The first error loads the texts of all errors.
void warm_errors() {
  try {
    decode_raster(image_format::png, {});
  } catch (const std::exception&) { // as it should
  }
}

} // namespace

std::string policy_text(std::uint64_t memory_max) {
  auto resource = [](std::string name, std::string value) {
    return "  <policy domain=\"resource\" name=\"" + name + "\" value=\"" + value + "\"/>\n";
  };
  auto memory = std::to_string(memory_max) + "B";
  // No time limit: it counts from the start of the zygote; RLIMIT_CPU and the worker's deadline
  // bound it. No disk and no map: a picture that does not fit into memory is refused, never
  // spilled. No area that memory could not hold. Frames and pixels are counted by imaging.cpp as
  // well.
  return "<policymap>\n" + resource("memory", memory) + resource("max-memory-request", memory)
         + resource("map", "0B") + resource("disk", "0B") + resource("area", memory)
         + resource("width", "1MP") + resource("height", "1MP") + resource("list-length", "10000")
         + resource("thread", "1")
         + "  <policy domain=\"delegate\" rights=\"none\" pattern=\"*\"/>\n"
           "  <policy domain=\"filter\" rights=\"none\" pattern=\"*\"/>\n"
           "  <policy domain=\"path\" rights=\"none\" pattern=\"@*\"/>\n"
           "  <policy domain=\"coder\" rights=\"none\" pattern=\"*\"/>\n"
           "  <policy domain=\"coder\" rights=\"read|write\" pattern=\"{"
         + coders_to_write() + "}\"/>\n  <policy domain=\"coder\" rights=\"read\" pattern=\"{"
         + coders_to_read() + "}\"/>\n</policymap>\n";
}

std::string start_imaging(const imaging_options& options) {
  out_of_memory_code = options.exit_out_of_memory;
  fatal_code = options.exit_fatal;
  clear_environment();
  auto text = policy_text(options.memory_max);
  {
    policy_directory directory{text};
    setenv("MAGICK_CONFIGURE_PATH", directory.path().c_str(), 1);
    Magick::InitializeMagick(nullptr);
    add_policy(text);
    unsetenv("MAGICK_CONFIGURE_PATH");
  }
  MagickCore::SetFatalErrorHandler(on_fatal_error);
  set_memory_limit(options.memory_max);
  auto memory = limit_in_force(MagickCore::MemoryResource);
  if (memory < options.memory_max)
    return "ImageMagick's policy caps memory at " + std::to_string(memory)
           + " bytes; larger images will be refused.";
  return {};
}

std::string warm_coders() {
  warm_errors();
  std::string failed;
  for (const auto& row : all_formats()) {
    if (!row.read)
      continue;
    try {
      warm(row.format);
    } catch (const std::exception& x) {
      failed += std::string{row.name} + ": " + x.what() + "; ";
    }
  }
  return failed;
}

void set_memory_limit(std::uint64_t bytes) {
  MagickCore::SetMagickResourceLimit(MagickCore::MemoryResource, bytes);
}

} // namespace convertd
