// The verb `convert`: files of this machine through a running server, and back.
#include "app/job_watch.hpp"
#include "app/json_read.hpp"
#include "app/remote.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace convertd {

namespace {

namespace fs = std::filesystem;

struct given {
  remote_flags remote;
  std::vector<std::string> files;
  std::string to;
  std::string quality;
  std::string resize;
  std::string width;
  std::string height;
  std::string folder = ".";
  bool overwrite = false;
};

api_form form_of(const given& x) {
  api_form form;
  form.fields = {{"format", x.to}, {"saveToStorage", "true"}};
  const std::pair<const char*, const std::string&> wishes[]{{"compression", x.quality},
                                                            {"resize", x.resize},
                                                            {"resizeWidth", x.width},
                                                            {"resizeHeight", x.height}};
  for (const auto& [name, value] : wishes)
    if (!value.empty())
      form.fields.emplace_back(name, value);
  form.files.assign(x.files.begin(), x.files.end());
  return form;
}

std::string submit(api_client& client, const given& x, progress_line& progress) {
  auto sent = [&](std::uint64_t bytes, std::uint64_t of) {
    progress.show(static_cast<unsigned>(bytes * 100 / of), "sent");
  };
  auto answer = succeeded(client.post("/api/jobs", form_of(x), sent));
  simdjson::dom::parser parser;
  simdjson::dom::element said;
  if (parser.parse(answer.body).get(said) != simdjson::SUCCESS || json_text(said, "jobId").empty())
    throw std::runtime_error{"the server's answer names no job"};
  return json_text(said, "jobId");
}

/// A name of the server's must not lead out of the folder.
fs::path place_for(const given& x, const std::string& name) {
  auto plain = fs::path{name}.filename();
  if (plain.empty() || plain == "." || plain == ".." || plain != fs::path{name})
    throw std::runtime_error{"the server names a result \"" + name + "\", which is no file name"};
  auto to = fs::path{x.folder} / plain;
  if (!x.overwrite && fs::exists(to))
    throw std::runtime_error{to.string() + " is there already; --overwrite replaces it"};
  return to;
}

/// Whole or not at all.
void save(const std::string& url, const fs::path& to) {
  auto unfinished = to;
  unfinished += "." + std::to_string(::getpid()) + ".part";
  try {
    std::ofstream out{unfinished, std::ios::binary | std::ios::trunc};
    auto write = [&](std::string_view bytes) {
      if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        throw std::system_error{errno, std::generic_category(), unfinished.string()};
    };
    succeeded(api_client::fetch(url, write));
    out.close();
    if (!out)
      throw std::system_error{errno, std::generic_category(), unfinished.string()};
    fs::rename(unfinished, to);
  } catch (...) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw;
  }
}

/// Prints where each result went; false if some file failed.
bool fetch_results(api_client& client, const std::string& id, const given& x) {
  auto answer = succeeded(client.get("/api/jobs/" + id));
  simdjson::dom::parser parser;
  simdjson::dom::element job;
  simdjson::dom::array results;
  if (parser.parse(answer.body).get(job) != simdjson::SUCCESS)
    throw std::runtime_error{"the server's answer is no JSON"};
  auto all = json_count(job, "failedFiles") == 0 && json_text(job, "status") == "completed";
  if (job["results"].get(results) == simdjson::SUCCESS)
    for (auto each : results) {
      if (json_text(each, "status") != "completed")
        continue;
      auto to = place_for(x, json_text(each, "filename"));
      save(json_text(each, "downloadUrl"), to);
      if (!x.remote.json)
        std::cout << to.lexically_normal().string() << "\n";
    }
  if (x.remote.json)
    std::cout << answer.body << "\n";
  return all;
}

int convert(api_client& client, const given& x) {
  if (!fs::is_directory(x.folder))
    throw std::invalid_argument{x.folder + " is no folder"};
  std::string id;
  {
    progress_line progress{std::cerr, ::isatty(STDERR_FILENO) == 1};
    id = submit(client, x, progress);
    follow_job(client, id, progress);
  }
  return fetch_results(client, id, x) ? 0 : exit_failed;
}

} // namespace

void add_convert_verb(CLI::App& to, action& chosen) {
  auto into = std::make_shared<given>();
  auto* verb = to.add_subcommand(
    "convert", "Convert files on a running server, as a job; exits with 0 if all were converted");
  add_remote_flags(*verb, into->remote);
  verb->add_option("files", into->files, "The files")->required()->type_name("FILE");
  verb->add_option("--to", into->to, "Format, such as webp, avif, jpg or png")
    ->required()
    ->type_name("FORMAT");
  verb->add_option("--quality", into->quality, "1 to 100, or low, balanced, high or ultra")
    ->type_name("QUALITY");
  verb->add_option("--resize", into->resize, "Mode of the API, such as website, square or width")
    ->type_name("MODE");
  verb->add_option("--width", into->width, "Pixels, for the mode width or square")
    ->type_name("NUMBER");
  verb->add_option("--height", into->height, "Pixels, for the mode height")->type_name("NUMBER");
  verb->add_option("--out", into->folder, "Folder for the results (the current one)")
    ->type_name("FOLDER");
  verb->add_flag("--overwrite", into->overwrite, "Replace files that are there already");
  verb->callback([&chosen, into] {
    chosen = [into] {
      return with_server(into->remote, [&](api_client& client) { return convert(client, *into); });
    };
  });
}

} // namespace convertd
