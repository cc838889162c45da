// From settings to the options of the server's parts.
#pragma once

#include "actors/engine.hpp"
#include "app/bell.hpp"
#include "app/data_directory.hpp"
#include "app/metrics.hpp"
#include "codec/client.hpp"
#include "config/settings.hpp"
#include "http/event_body.hpp"
#include "http/http_server.hpp"

#include <filesystem>
#include <string>

namespace convertd {

codec_options codecs_of(const settings& with);
/// The same for the trial of their lock.
codec_options lock_trial_of(const settings& with);

/// Every line and every figure of a request goes to `figures` and the log.
http_options http_of(const settings& with, const std::filesystem::path& key_file, metrics& figures);

/// What is given outlives the engine.
struct engine_needs {
  const data_directory& data;
  const store& records;
  const job_files& files;
  const zygote_keeper& zygote;
  bell& changes;
  const event_writer& events;
  metrics& figures;
};
engine_options engine_of(const settings& with, const engine_needs& has);

/// The first failed sync or commit: nothing may be acknowledged any more, so nothing goes on. The
/// next start recovers from what is durable.
[[noreturn]] void die(const std::string& why);

} // namespace convertd
