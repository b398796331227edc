package io.manta.serve;

import io.manta.core.DataSize;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// How a deployment is placed, routed to and limited.
///
/// @param replicas actors that hold a handler; 1 by default
/// @param resources held by each replica while it lives. Without any it needs 1 cpu to start and
///   holds none
/// @param maxOngoing requests that run at the same time in a replica; 100 by default
/// @param maxQueued requests that wait for a replica, per deployment and node that takes them in,
///   before the next is refused; 1,000 by default
/// @param timeout time from taking a request in to its answer; 30 s by default
/// @param route path prefix on every node, such as `/classify`; `/` and the deployment's name when
///   absent
/// @param idempotent whether a request whose replica died may be tried again on another one; false
///   by default
/// @param maxBody largest body of a request; 8 MiB by default
/// @param startTimeout how long [Serve#run] waits for the replicas to answer; 2 min by default
public record DeploymentOptions(
    int replicas,
    Optional<Resources> resources,
    int maxOngoing,
    int maxQueued,
    Duration timeout,
    Optional<String> route,
    boolean idempotent,
    DataSize maxBody,
    Duration startTimeout) {
  /// Longest time a request may take.
  public static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(10);

  private static final Pattern ROUTE = Pattern.compile("/|(/[A-Za-z0-9._~-]+)+");

  private static final DeploymentOptions DEFAULTS =
      new DeploymentOptions(
          1,
          Optional.empty(),
          100,
          1000,
          Duration.ofSeconds(30),
          Optional.empty(),
          false,
          DataSize.parse("8MiB"),
          Duration.ofMinutes(2));

  public DeploymentOptions {
    between("replicas", replicas, 1, 10_000);
    between("maxOngoing", maxOngoing, 1, 100_000);
    between("maxQueued", maxQueued, 0, 1_000_000);
    if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout of " + timeout + " must be between 1 ms and 10 minutes");
    }
    if (!startTimeout.isPositive()) {
      throw new IllegalArgumentException("startTimeout of " + startTimeout + " must be positive");
    }
    route.ifPresent(DeploymentOptions::checkRoute);
    if (maxBody.bytes() < 1 || maxBody.bytes() > Integer.MAX_VALUE / 2) {
      throw new IllegalArgumentException(
          "maxBody of " + maxBody + " must be between 1 byte and 1 GiB");
    }
  }

  private static void between(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          option + " of " + value + " must be between " + least + " and " + most);
    }
  }

  private static void checkRoute(String route) {
    if (!ROUTE.matcher(route).matches()) {
      throw new IllegalArgumentException(
          "route '"
              + route
              + "' must be '/' or look like '/classify' or '/models/classify': letters, digits and"
              + " . _ ~ - between slashes, none at the end");
    }
    if (route.equals("/-") || route.startsWith("/-/")) {
      throw new IllegalArgumentException(
          "route '" + route + "' is taken: /-/healthz and others there answer for the node itself");
    }
  }

  public static DeploymentOptions defaults() {
    return DEFAULTS;
  }

  public DeploymentOptions withReplicas(int value) {
    return new DeploymentOptions(
        value, resources, maxOngoing, maxQueued, timeout, route, idempotent, maxBody, startTimeout);
  }

  public DeploymentOptions withResources(Resources value) {
    return new DeploymentOptions(
        replicas,
        Optional.of(value),
        maxOngoing,
        maxQueued,
        timeout,
        route,
        idempotent,
        maxBody,
        startTimeout);
  }

  public DeploymentOptions withMaxOngoing(int value) {
    return new DeploymentOptions(
        replicas, resources, value, maxQueued, timeout, route, idempotent, maxBody, startTimeout);
  }

  public DeploymentOptions withMaxQueued(int value) {
    return new DeploymentOptions(
        replicas, resources, maxOngoing, value, timeout, route, idempotent, maxBody, startTimeout);
  }

  public DeploymentOptions withTimeout(Duration value) {
    return new DeploymentOptions(
        replicas,
        resources,
        maxOngoing,
        maxQueued,
        value,
        route,
        idempotent,
        maxBody,
        startTimeout);
  }

  public DeploymentOptions withRoute(String value) {
    return new DeploymentOptions(
        replicas,
        resources,
        maxOngoing,
        maxQueued,
        timeout,
        Optional.of(value),
        idempotent,
        maxBody,
        startTimeout);
  }

  public DeploymentOptions withIdempotent(boolean value) {
    return new DeploymentOptions(
        replicas, resources, maxOngoing, maxQueued, timeout, route, value, maxBody, startTimeout);
  }

  public DeploymentOptions withMaxBody(DataSize value) {
    return new DeploymentOptions(
        replicas,
        resources,
        maxOngoing,
        maxQueued,
        timeout,
        route,
        idempotent,
        value,
        startTimeout);
  }

  public DeploymentOptions withStartTimeout(Duration value) {
    return new DeploymentOptions(
        replicas, resources, maxOngoing, maxQueued, timeout, route, idempotent, maxBody, value);
  }
}
