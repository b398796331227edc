package io.manta.scheduler.simulation;

import io.manta.core.Resources;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// Counts what happens.
final class SimulationStats {
  private double cpuNanos;
  private long[] waits = new long[1024];
  private int started;
  private long leases;
  private long requests;
  private long reservations;
  private long slotsBelievedFree;
  private long slotsRefused;
  private long statuses;

  void started(SimulatedTask task, long now) {
    if (started == waits.length) {
      waits = Arrays.copyOf(waits, 2 * started);
    }
    waits[started++] = now - task.queuedNanos();
  }

  void ended(SimulatedTask task) {
    cpuNanos += task.resources().cpus() * task.duration().toNanos();
  }

  void granted() {
    leases++;
  }

  void asked() {
    requests++;
  }

  /// @param free slots that are thought to be free there
  /// @param granted those that were
  void reserved(int free, int granted) {
    reservations++;
    slotsBelievedFree += free;
    slotsRefused += Math.max(0, free - granted);
  }

  void status() {
    statuses++;
  }

  SimulationReport report(long now, List<SimulatedNode> nodes, List<SimulatedDriver> drivers) {
    double cpus = nodes.stream().map(SimulatedNode::total).mapToDouble(Resources::cpus).sum();
    long[] sorted = Arrays.copyOf(waits, started);
    Arrays.sort(sorted);
    return new SimulationReport(
        nodes.size(),
        Duration.ofNanos(now),
        drivers.stream().mapToLong(SimulatedDriver::done).sum(),
        drivers.stream().mapToLong(SimulatedDriver::pending).sum(),
        now == 0 ? 0 : cpuNanos / now / cpus,
        Duration.ofNanos(started == 0 ? 0 : sorted[started / 2]),
        Duration.ofNanos(started == 0 ? 0 : sorted[started - 1]),
        leases,
        requests,
        reservations,
        slotsBelievedFree == 0 ? 0 : (double) slotsRefused / slotsBelievedFree,
        statuses,
        nodes.stream().allMatch(SimulatedNode::isFree));
  }
}
