package io.manta.scheduler.simulation;

import java.time.Duration;
import java.util.Locale;

/// What happened in a [Simulation].
///
/// @param nodes how many
/// @param elapsed how long it took by the played clock
/// @param done how many tasks ended
/// @param pending how many did not
/// @param utilisation of all cpus over the whole time, the part that ran tasks, 0 to 1
/// @param medianWait from submission to start
/// @param longestWait likewise
/// @param leases how many were granted
/// @param requests how often a process asked a router
/// @param reservations messages from routers to nodes
/// @param refused of the slots that routers asked of nodes where they thought they were free, those
///   that were not
/// @param statuses messages by which nodes told of what they have free, each to all processes
/// @param free whether all nodes have all of their resources again
public record SimulationReport(
    int nodes,
    Duration elapsed,
    long done,
    long pending,
    double utilisation,
    Duration medianWait,
    Duration longestWait,
    long leases,
    long requests,
    long reservations,
    double refused,
    long statuses,
    boolean free) {
  /// Leases granted in a second, in the whole cluster.
  public double leasesPerSecond() {
    return leases / seconds();
  }

  /// Requests that a node handles as a router in a second, if all nodes do their part.
  public double requestsPerNode() {
    return requests / seconds() / nodes;
  }

  /// Statuses that a process receives in a second.
  public double statusesReceived() {
    return statuses / seconds();
  }

  private double seconds() {
    return elapsed.toNanos() / 1e9;
  }

  /// For people, in some lines.
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        """
        %,d nodes, %,d tasks done and %,d pending in %,.1f s
        utilisation      %.1f %%
        wait             median %,.3f s, longest %,.3f s
        leases           %,d, %,.0f/s; %.1f %% of slots refused on stale views
        router requests  %,d, %,.3f/s for each node; %,d reservations
        statuses         %,.0f/s for each process""",
        nodes,
        done,
        pending,
        seconds(),
        100 * utilisation,
        medianWait.toNanos() / 1e9,
        longestWait.toNanos() / 1e9,
        leases,
        leasesPerSecond(),
        100 * refused,
        requests,
        requestsPerNode(),
        reservations,
        statusesReceived());
  }
}
