package io.manta.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Runs cases for a moment, in the processes in which they are measured.
final class BenchSmokeTest {
  @TempDir private Path folder;

  /// What the bench finds, and as many lines as it prints.
  private List<Result> measured(String mode, String... cases) throws IOException {
    Path file = folder.resolve("results.jsonl");
    var out = new StringWriter();
    var arguments = new ArrayList<>(List.of("--smoke", "--mode=" + mode, "--json=" + file));
    arguments.addAll(List.of(cases));
    int code =
        new CommandLine(new BenchCommand())
            .setOut(new PrintWriter(out, true))
            .execute(arguments.toArray(String[]::new));
    assertThat(code).as("exit code of a bench that printed%n%s", out).isZero();
    List<Result> results = Comparison.read(List.of(file));
    assertThat(out.toString().lines()).hasSize(results.size() + 1);
    return results;
  }

  @Test
  @Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldMeasureAndCheckCoreCasesEmbedded() throws IOException {
    List<Result> results =
        measured(
            "embedded",
            "startup_",
            "tasks_sync",
            "tasks_async",
            "tasks_nested",
            "task_arg_1mib",
            "wait_1k",
            "refs_10k",
            "queue_",
            "lambda_",
            "isolated_",
            "actor_sync",
            "actor_async",
            "actor_1_n",
            "actor_n_n",
            "actor_args_ref",
            "actor_create",
            "actor_idle_bytes",
            "placement_group",
            "_small");
    assertThat(results)
        .allSatisfy(result -> assertThat(result.peer()).isEqualTo("manta-embedded"))
        .allSatisfy(result -> assertThat(result.value()).isPositive())
        .extracting(Result::name)
        .contains(
            "startup_ms",
            "tasks_sync_p99_us",
            "tasks_async",
            "tasks_async_mixed_of_uniform",
            "actor_create",
            "actor_1_n",
            "actor_n_n",
            "actor_args_ref",
            "actor_create_100k_of_1k",
            "actor_idle_bytes",
            "placement_group",
            "placement_group_1cpu",
            "put_small",
            "wait_1k",
            "queue_1m_bytes");
  }

  @Test
  @Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldMeasurePekkoInTwoProcesses() throws IOException {
    assertThat(measured("pekko-processes", "actor_"))
        .allSatisfy(result -> assertThat(result.peer()).isEqualTo("pekko-processes"))
        .allSatisfy(result -> assertThat(result.value()).isPositive())
        .extracting(Result::name)
        .containsExactly(
            "actor_sync",
            "actor_sync_p50_us",
            "actor_sync_p99_us",
            "actor_async",
            "actor_async_tell");
  }

  @Test
  @Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldMeasureAndCheckCasesOfSeveralProcesses() throws IOException {
    assertThat(measured("processes", "open_", "transfer_gib", "socket_gib", "task_failover_s"))
        .allSatisfy(result -> assertThat(result.value()).isPositive())
        .extracting(Result::name)
        .containsExactlyInAnyOrder(
            "open_gib_ms", "open_first_gib_ms", "transfer_gib", "socket_gib", "task_failover_s");
  }
}
