// The way from threads that CAF does not own to the supervisor.
#pragma once

#include "actors/commands.hpp"
#include "actors/file_keeper.hpp"
#include "actors/protocols.hpp"
#include "actors/supervisor.hpp"
#include "actors/sync_desk.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace convertd {

struct gateway_options {
  const store* records = nullptr;
  const job_files* files = nullptr;
  const saved_files* saved = nullptr;
  std::filesystem::path data_directory;
  unsigned disk_high_water_percent = 90; ///< New work is refused above it.
  std::uint64_t queue_files_max = 100'000;
  std::function<bool()>
    codecs_run; ///< False while there is nothing that can start a codec process.
  std::chrono::milliseconds answer_within{60'000}; ///< Of the actors; then `internal`.
  /// Called by an actor when it is known how a new job fared; must not block.
  std::function<void(job_id)> ring;
  sync_desk_options sync;
};

class gateway final : public commands {
public:
  gateway(caf::actor_system& system, supervisor_actor supervisor,
          std::shared_ptr<queue_gauge> gauge, gateway_options options);

  std::optional<failure> refusal(std::uint64_t files) const override;
  std::vector<std::string_view> not_ready() const override;
  std::optional<server_figures> figures() const override;
  void count_request(account_id account, month_number month) override;
  unsigned retry_after() const override;
  void submit(submission what, std::function<void(const failure&)> settled) override;
  outcome<job_record> cancel(account_id account, job_id id, bool force) override;
  outcome<std::vector<file_id>> save_files(account_id account, std::uint64_t storage_max,
                                           std::vector<file_to_save> files) override;
  outcome<stored_file> rename_file(account_id account, file_id id,
                                   const std::string& name) override;
  std::optional<failure> erase_file(account_id account, file_id id) override;
  std::optional<failure> sync_refusal() const override;
  outcome<std::unique_ptr<sync_ticket>> begin(sync_request what) override;
  std::optional<failure> erase_job_files(account_id account, job_id id) override;
  std::optional<failure> write(std::function<void(write_batch&)> what) override;

private:
  bool disk_is_full() const;

  caf::actor_system& system_;
  supervisor_actor supervisor_;
  std::shared_ptr<const queue_gauge> gauge_;
  gateway_options options_;
  file_keeper keeper_;
  sync_desk desk_;
};

} // namespace convertd
