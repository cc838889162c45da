// The client of bench/run: a connection and a thread for each job in flight, and as little work of
// its own as can be, since it shares the processors with the servers. Prints one line of JSON.
//
//   bench_client jobs    PORT KEY IN_FLIGHT COUNT BODY…     sends so many jobs and waits for each
//   bench_client creates PORT KEY IN_FLIGHT SECONDS BODY…   sends jobs and does not wait
//
// BODY: files with bodies of multipart/form-data, taken in turn. KEY: "-" = none.
#include "bench/programs/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace convertd::bench {
namespace {

using clock_type = std::chrono::steady_clock;

double milliseconds_since(clock_type::time_point start) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

struct plan {
  bool wait = false;
  int port = 0;
  std::string key;
  int in_flight = 0;
  long count = 0;                 ///< Of jobs; 0 = until the time is over.
  double seconds = 0;             ///< 0 = until so many are done.
  std::vector<std::string> posts; ///< Whole requests.
};

struct samples {
  std::vector<double> creates; ///< Milliseconds each.
  std::vector<double> jobs;
};

std::string read_file(const char* name) {
  std::ifstream in{name, std::ios::binary};
  if (!in)
    throw std::runtime_error{std::string{"cannot read "} + name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string key_line(const std::string& key) {
  return key == "-" ? "" : "Authorization: Bearer " + key + "\r\n";
}

/// The body begins with its boundary.
std::string post_of(const std::string& body, const std::string& key) {
  auto boundary = body.substr(2, body.find("\r\n") - 2);
  return "POST /api/jobs HTTP/1.1\r\nHost: bench\r\n" + key_line(key)
         + "Content-Type: multipart/form-data; boundary=" + boundary
         + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The first of that name; empty where there is none.
std::string_view text_field(std::string_view json, std::string_view name) {
  auto at = json.find("\"" + std::string{name} + "\"");
  if (at == std::string_view::npos)
    return {};
  auto first = json.find('"', json.find(':', at)) + 1;
  return json.substr(first, json.find('"', first) - first);
}

class worker {
public:
  worker(const plan& what, std::atomic<long>& next) : what_{&what}, next_{&next}, to_{what.port} {}

  void run(clock_type::time_point start) {
    for (;;) {
      auto number = (*next_)++;
      if (what_->count != 0 && number >= what_->count)
        return;
      if (what_->count == 0 && milliseconds_since(start) >= 1000 * what_->seconds)
        return;
      one(what_->posts[static_cast<std::size_t>(number) % what_->posts.size()]);
    }
  }

  samples found;

private:
  void one(const std::string& post) {
    auto start = clock_type::now();
    auto id = std::string{text_field(asked(post), "jobId")};
    found.creates.push_back(milliseconds_since(start));
    if (!what_->wait)
      return;
    auto get = "GET /api/jobs/" + id + "?wait=30 HTTP/1.1\r\nHost: bench\r\n" + key_line(what_->key)
               + "\r\n";
    for (;;) {
      auto answer = asked(get);
      auto status = text_field(answer, "status");
      if (status == "completed")
        break;
      if (status == "failed")
        throw std::runtime_error{"a job failed: " + std::string{answer}};
    }
    found.jobs.push_back(milliseconds_since(start));
  }

  std::string_view asked(const std::string& request) {
    if (auto status = to_.ask(request); status != 200)
      throw std::runtime_error{std::to_string(status) + " " + std::string{to_.body()}};
    return to_.body();
  }

  const plan* what_;
  std::atomic<long>* next_;
  http_client to_;
};

/// The share `part` of them is below it.
double quantile(std::vector<double>& x, double part) {
  if (x.empty())
    return 0;
  auto at = std::min(x.size() - 1, static_cast<std::size_t>(part * static_cast<double>(x.size())));
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(at), x.end());
  return x[at];
}

void add(samples& to, const samples& from) {
  to.creates.insert(to.creates.end(), from.creates.begin(), from.creates.end());
  to.jobs.insert(to.jobs.end(), from.jobs.begin(), from.jobs.end());
}

int run(const plan& what) {
  std::atomic<long> next{0};
  std::mutex lock;
  samples all;
  std::string trouble;
  std::vector<std::thread> threads;
  auto start = clock_type::now();
  for (int i = 0; i < what.in_flight; ++i)
    threads.emplace_back([&] {
      worker x{what, next};
      std::string why;
      try {
        x.run(start);
      } catch (const std::exception& error) {
        why = error.what();
        next = what.count == 0 ? 0 : what.count; // nobody need go on
      }
      std::lock_guard<std::mutex> guard{lock};
      trouble = trouble.empty() ? why : trouble;
      add(all, x.found);
    });
  for (auto& x : threads)
    x.join();
  auto seconds = milliseconds_since(start) / 1000;
  if (!trouble.empty())
    return std::fprintf(stderr, "bench_client: %s\n", trouble.c_str()), 1;
  std::printf(
    "{\"seconds\": %.4f, \"creates\": %zu, \"create_p50_ms\": %.3f, \"create_p99_ms\": %.3f, "
    "\"job_p50_ms\": %.3f, \"job_p99_ms\": %.3f}\n",
    seconds, all.creates.size(), quantile(all.creates, 0.5), quantile(all.creates, 0.99),
    quantile(all.jobs, 0.5), quantile(all.jobs, 0.99));
  return 0;
}

plan plan_of(int count, char** words) {
  plan x;
  x.wait = std::string_view{words[1]} == "jobs";
  x.port = std::stoi(words[2]);
  x.key = words[3];
  x.in_flight = std::stoi(words[4]);
  if (x.wait)
    x.count = std::stol(words[5]);
  else
    x.seconds = std::stod(words[5]);
  for (int i = 6; i < count; ++i)
    x.posts.push_back(post_of(read_file(words[i]), x.key));
  return x;
}

} // namespace
} // namespace convertd::bench

int main(int count, char** words) {
  if (count < 7)
    return std::fputs("usage: bench_client jobs|creates PORT KEY IN_FLIGHT COUNT|SECONDS BODY...\n",
                      stderr),
           2;
  try {
    return convertd::bench::run(convertd::bench::plan_of(count, words));
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "bench_client: %s\n", error.what()), 1;
  }
}
