// A server on a free loopback port, with a real store in a folder of its own, and actors that are
// played by the test.
#pragma once

#include "actors/file_keeper.hpp"
#include "http/auth.hpp"
#include "http/http_server.hpp"
#include "job/name.hpp"
#include "tests/http/fake_desk.hpp"
#include "tests/http/raw_client.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace convertd {

/// Writes what is submitted to the store, as the snapshotter would, and keeps it for the test.
class fake_actors : public commands {
public:
  fake_actors(store& records, const job_files& files, const saved_files& saved)
    : records_{&records}, files_{&files}, keeper_{records, saved, files, [this](const auto& what) {
                                                    return write(what).value_or(failure{});
                                                  }} {}

  std::optional<failure> refusal(std::uint64_t) const override {
    std::lock_guard lock{mutex_};
    return refusal_;
  }
  unsigned retry_after() const override {
    return 42;
  }
  std::vector<std::string_view> not_ready() const override {
    std::lock_guard lock{mutex_};
    return not_ready_;
  }
  std::optional<server_figures> figures() const override {
    server_figures x;
    x.queue_files = 7;
    x.pool.codecs.push_back({codec_state::converting, 1});
    return x;
  }
  void count_request(account_id owner, month_number month) override {
    write([&](write_batch& batch) { batch.count_requests(owner, month, 1); });
  }
  void submit(submission what, std::function<void(const failure&)> settled) override {
    auto id = what.job.id;
    auto go_on = [this, id, what, settled] {
      settled(put(what));
      ring(id);
    };
    std::unique_lock lock{mutex_};
    if (!held_back_)
      lock.unlock(), go_on();
    else
      held_back_->push_back(go_on);
    changed_.notify_all();
  }
  /// From now on jobs wait for settle_all().
  void hold_submissions() {
    std::lock_guard lock{mutex_};
    held_back_.emplace();
  }
  /// True once so many jobs wait.
  bool waits_for_held(std::size_t count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10},
                             [&] { return held_back_->size() >= count; });
  }
  void settle_all() {
    std::unique_lock lock{mutex_};
    auto all = std::exchange(held_back_, std::nullopt);
    lock.unlock();
    for (const auto& go_on : *all)
      go_on();
  }
  std::function<void(job_id)> ring = [](job_id) {}; ///< By whoever has the server.
  outcome<job_record> cancel(account_id account, job_id id, bool force) override {
    std::lock_guard lock{mutex_};
    auto job = read_view{*records_}.job(id);
    if (!job || job->account != account)
      return failure{ec::not_found, {}, {}, {}};
    auto changed = convertd::cancel(*job, force, wall_clock(), milliseconds{0});
    if (!changed)
      return failure{ec::not_cancellable, {}, {}, {}};
    return *changed;
  }

  outcome<std::vector<file_id>> save_files(account_id owner, std::uint64_t storage_max,
                                           std::vector<file_to_save> all) override {
    return keeper_.save(owner, storage_max, std::move(all));
  }
  outcome<stored_file> rename_file(account_id owner, file_id id, const std::string& name) override {
    if (auto error = rename_error_.load())
      throw std::system_error{error, std::generic_category(), "rename"};
    return keeper_.rename(owner, id, name);
  }
  std::optional<failure> erase_file(account_id owner, file_id id) override {
    return keeper_.erase(owner, id);
  }
  std::optional<failure> erase_job_files(account_id account, job_id id) override {
    std::lock_guard lock{mutex_};
    auto job = read_view{*records_}.job(id);
    if (!job || job->account != account)
      return fail(ec::not_found);
    if (!is_final(job->state))
      return fail(ec::not_final);
    write_batch batch{*records_};
    batch.erase_bytes(id);
    batch.commit();
    return std::nullopt;
  }

  std::optional<failure> write(std::function<void(write_batch&)> what) override {
    std::lock_guard lock{mutex_};
    try {
      write_batch batch{*records_};
      what(batch);
      batch.commit();
      return std::nullopt;
    } catch (const write_refused& refusal) {
      return refusal.why();
    }
  }

  std::optional<failure> sync_refusal() const override {
    return desk.refusal();
  }
  outcome<std::unique_ptr<sync_ticket>> begin(sync_request what) override {
    return desk.begin(std::move(what));
  }

  fake_desk desk;

  void be_not_ready(std::vector<std::string_view> reasons) {
    std::lock_guard lock{mutex_};
    not_ready_ = std::move(reasons);
  }
  void refuse_with(std::optional<failure> why) {
    std::lock_guard lock{mutex_};
    refusal_ = std::move(why);
  }
  void throw_at_rename(int error) {
    rename_error_ = error;
  }
  void fail_submit_with(failure why) {
    std::lock_guard lock{mutex_};
    submit_failure_ = std::move(why);
  }
  std::vector<submission> submitted() {
    std::lock_guard lock{mutex_};
    return submitted_;
  }

private:
  /// A refused job leaves nothing behind.
  failure put(submission what) {
    std::lock_guard lock{mutex_};
    if (submit_failure_ && !what.job.sources_inline)
      files_->remove(what.job.id);
    if (submit_failure_)
      return *submit_failure_;
    what.job.state = job_state::pending;
    write_batch batch{*records_};
    batch.put_job(what.job);
    batch.put_spec(what.job.id, what.spec);
    for (const auto& file : what.files)
      batch.put_file(what.job.id, file);
    if (what.sources->in_memory())
      batch.put_inline_sources(what.job.id, what.sources->memory());
    if (what.idempotency)
      batch.put_idempotency(*what.idempotency);
    if (what.counts_in != 0)
      batch.count_requests(what.job.account, what.counts_in, 1);
    batch.commit();
    submitted_.push_back(std::move(what));
    return {};
  }

  store* records_;
  const job_files* files_;
  file_keeper keeper_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::vector<std::function<void()>>> held_back_;
  std::atomic<int> rename_error_ = 0;
  std::optional<failure> refusal_;
  std::vector<std::string_view> not_ready_;
  std::optional<failure> submit_failure_;
  std::vector<submission> submitted_;
};

/// A log that tests can wait for.
class line_log {
public:
  void add(const request_line& line) {
    std::lock_guard lock{mutex_};
    lines_.push_back(line);
    more_.notify_all();
  }
  std::vector<request_line> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    more_.wait_for(lock, std::chrono::seconds{10}, [&] { return lines_.size() >= count; });
    return lines_;
  }

private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<request_line> lines_;
};

class TestServer : public testing::Test {
protected:
  static constexpr const char* key = "ck_0123456789012345678901234567890123456789012";

  TestServer() {
    options.front.port = 0;
    options.front.connections_per_address_max = 100'000;
    options.signing_key = folder.path() / "url.key";
    options.log = [this](const request_line& line) { log.add(line); };
    write_batch batch{records};
    account = batch.add_account("test", "unlimited", wall_clock()).id;
    batch.put_key({hash_of_key(key), account, "", "ck_0", false, wall_clock()});
    other = batch.add_account("other", "small", wall_clock()).id;
    batch.put_key({hash_of_key("other-key"), other, "", "othe", false, wall_clock()});
    batch.commit();
    plan small;
    small.name = "small";
    small.files_per_batch_max = 2;
    small.file_bytes_max = 1000;
    small.storage_bytes_max = 100'000;
    options.plans.push_back(small);
  }

  /// Call when `options` are as the test wants them.
  void start() {
    server.emplace(options, records, files, saved, actors);
    actors.ring = [this](job_id id) {
      job_change settled{id, job_state::completed};
      server->rung(std::span{&settled, 1});
    };
    server->start();
  }

  raw_client client() const {
    return raw_client{server->port()};
  }
  static std::string auth(std::string_view which = key) {
    return "Authorization: Bearer " + std::string{which} + "\r\n";
  }

  /// A job with `count` files, of which the first `ended` are completed.
  job_record add_job(std::uint32_t count, std::uint32_t ended, std::uint64_t output_size = 100) {
    job_record job;
    job.id = mint<job_id>(wall_clock());
    job.account = account;
    job.state = ended == count ? job_state::completed : job_state::processing;
    job.created = job.started = wall_clock();
    job.files_total = count;
    job.files_completed = ended;
    job.output_bytes = ended * output_size;
    write_batch batch{records};
    batch.put_spec(job.id, {});
    batch.put_job(job);
    for (std::uint32_t i = 0; i < count; ++i)
      batch.put_file(job.id, file_of(i, i < ended, output_size));
    batch.commit();
    return job;
  }

  static file_record file_of(std::uint32_t index, bool ended, std::uint64_t output_size) {
    file_record file;
    file.index = index;
    file.source_name = "photo " + std::to_string(index) + ".png";
    file.target_name = "photo " + std::to_string(index) + ".webp";
    file.length = 1000;
    file.what.target = image_format::webp;
    if (ended) {
      file.progress.state = file_state::completed;
      file.result.id = mint<file_id>(wall_clock());
      file.result.size = output_size;
      file.result.width = 4;
      file.result.height = 3;
      file.result.applied_quality = 82;
    }
    return file;
  }

  /// What the snapshotter does after a commit.
  void ring(const job_record& job) {
    job_change change{job.id, job.state};
    server->rung(std::span{&change, 1});
  }

  void finish(job_record job) {
    job.state = job_state::completed;
    job.files_completed = job.files_total;
    job.completed = wall_clock();
    write_batch batch{records};
    for (std::uint32_t i = 0; i < job.files_total; ++i)
      batch.put_file(job.id, file_of(i, true, 100));
    batch.put_job(job);
    batch.commit();
    ring(job);
  }

  temp_dir folder;
  store records{folder.path() / "store", store_options{64ULL << 20, false}};
  job_files files{folder.path()};
  saved_files saved{folder.path()};
  fake_actors actors{records, files, saved};
  line_log log;
  http_options options;
  account_id account = 0;
  account_id other = 0;
  std::optional<http_server> server; ///< Last: ends before what it uses.
};

} // namespace convertd
