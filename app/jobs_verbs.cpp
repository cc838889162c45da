// The verbs `jobs list|show|watch|cancel|retry`: what a client may do to its jobs.
#include "app/job_watch.hpp"
#include "app/json_read.hpp"
#include "app/remote.hpp"
#include "app/table.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <unistd.h>

namespace convertd {

namespace {

struct given {
  remote_flags remote;
  std::string id;
  std::string status;
  unsigned limit = 20;
  bool force = false;
};

using work = std::function<int(api_client&, const given&)>;
using json = simdjson::dom::element;

json parse(simdjson::dom::parser& with, const std::string& text) {
  json x;
  if (with.parse(text).get(x) != simdjson::SUCCESS)
    throw std::runtime_error{"the server's answer is no JSON"};
  return x;
}

/// The answer as it is, if that was asked for.
bool print_raw(const given& x, const api_answer& answer) {
  if (x.remote.json)
    std::cout << answer.body << "\n";
  return x.remote.json;
}

int list(api_client& client, const given& x) {
  auto path =
    "/api/jobs?limit=" + std::to_string(x.limit) + (x.status.empty() ? "" : "&status=" + x.status);
  auto answer = succeeded(client.get(path));
  if (print_raw(x, answer))
    return 0;
  simdjson::dom::parser parser;
  std::vector<std::vector<std::string>> rows{
    {"JOB", "TYPE", "STATUS", "FILES", "FAILED", "CREATED"}};
  simdjson::dom::array jobs;
  if (parse(parser, answer.body)["jobs"].get(jobs) == simdjson::SUCCESS)
    for (auto job : jobs)
      rows.push_back({json_text(job, "jobId"), json_text(job, "jobType"), json_text(job, "status"),
                      std::to_string(json_count(job, "totalFiles")),
                      std::to_string(json_count(job, "failedFiles")), json_text(job, "createdAt")});
  print_table(rows);
  return 0;
}

int show(api_client& client, const given& x) {
  auto answer = succeeded(client.get("/api/jobs/" + x.id));
  if (print_raw(x, answer))
    return 0;
  simdjson::dom::parser parser;
  auto job = parse(parser, answer.body);
  std::vector<std::vector<std::string>> facts;
  for (const auto* name : {"jobId", "jobType", "status", "errorMessage", "createdAt", "startedAt",
                           "completedAt", "expiresAt"})
    if (auto value = json_text(job, name); !value.empty())
      facts.push_back({name, value});
  facts.push_back({"files", std::to_string(json_count(job, "totalFiles")) + ", completed "
                              + std::to_string(json_count(job, "completedFiles")) + ", failed "
                              + std::to_string(json_count(job, "failedFiles"))});
  print_table(facts);
  simdjson::dom::array results;
  if (job["results"].get(results) == simdjson::SUCCESS)
    for (auto each : results)
      std::cout << "  " << file_line(simdjson::to_string(each)) << "\n";
  return 0;
}

int watch(api_client& client, const given& x) {
  watched_job job;
  {
    progress_line progress{std::cout, ::isatty(STDOUT_FILENO) == 1};
    job = follow_job(client, x.id, progress);
  }
  std::cout << job.status << ": " << job.completed << " of " << job.files << " files"
            << (job.error.empty() ? "" : "; " + job.error) << "\n";
  return job.all_well() ? 0 : exit_failed;
}

int cancel(api_client& client, const given& x) {
  auto answer = succeeded(client.erase("/api/jobs/" + x.id + (x.force ? "?force=true" : "")));
  if (!print_raw(x, answer))
    std::cerr << "Cancelled.\n";
  return 0;
}

int retry(api_client& client, const given& x) {
  auto answer = succeeded(client.post("/api/jobs/" + x.id + "/retry"));
  if (print_raw(x, answer))
    return 0;
  simdjson::dom::parser parser;
  std::cout << json_text(parse(parser, answer.body), "jobId") << "\n";
  return 0;
}

std::pair<CLI::App*, std::shared_ptr<given>> add_verb(CLI::App& to, action& chosen,
                                                      const std::string& name,
                                                      const std::string& help, work what) {
  auto into = std::make_shared<given>();
  auto* verb = to.add_subcommand(name, help);
  add_remote_flags(*verb, into->remote);
  verb->callback([&chosen, into, what] {
    chosen = [into, what] {
      return with_server(into->remote, [&](api_client& client) { return what(client, *into); });
    };
  });
  return {verb, into};
}

std::shared_ptr<given> add_verb_of_one(CLI::App& to, action& chosen, const std::string& name,
                                       const std::string& help, work what,
                                       CLI::App** made = nullptr) {
  auto [verb, into] = add_verb(to, chosen, name, help, std::move(what));
  auto looks_like_one = [](const std::string& text) {
    return text.find_first_not_of("0123456789abcdefABCDEF-") == text.npos ? "" : "no id of a job";
  };
  verb->add_option("job", into->id, "Id of the job")
    ->required()
    ->check(looks_like_one)
    ->type_name("JOB");
  if (made != nullptr)
    *made = verb;
  return into;
}

} // namespace

void add_jobs_verbs(CLI::App& to, action& chosen) {
  auto* jobs = to.add_subcommand("jobs", "Look at jobs of a running server, and change them");
  jobs->require_subcommand(1);
  auto [listing, into] =
    add_verb(*jobs, chosen, "list", "List the newest jobs of the key's account", list);
  listing
    ->add_option("--status", into->status,
                 "Only those that are pending, processing, completed or failed")
    ->check(CLI::IsMember({"pending", "processing", "completed", "failed"}))
    ->type_name("STATUS");
  listing->add_option("--limit", into->limit, "How many")
    ->check(CLI::Range(1, 100))
    ->capture_default_str();
  add_verb_of_one(*jobs, chosen, "show", "Show a job and its files", show);
  add_verb_of_one(*jobs, chosen, "watch",
                  "Follow a job to its end; exits with 0 if all files were converted", watch);
  CLI::App* stop = nullptr;
  auto stopped = add_verb_of_one(*jobs, chosen, "cancel", "Cancel a job that waits", cancel, &stop);
  stop->add_flag("--force", stopped->force, "Also stop one that is at work; files that ended stay");
  add_verb_of_one(*jobs, chosen, "retry",
                  "Make a new job of the files that failed, and print its id", retry);
}

} // namespace convertd
