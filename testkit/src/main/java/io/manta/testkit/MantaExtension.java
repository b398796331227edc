package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/// Starts a runtime before the first test of a class and closes it after the last; `@Nested`
/// classes share it. By [MantaTest], or as a static field:
///
/// ```java
/// @RegisterExtension
/// static final MantaExtension EXTENSION = MantaExtension.withNodes(3).cpus(2);
/// ```
///
/// Parameters of these types are given to constructors, tests and life-cycle methods:
///
/// - [Manta]: with one node that node, embedded; with more a driver that is connected to all, as a
///   program has it, which stays when nodes die
/// - [LocalCluster]: the nodes, to stop, kill, cut off and add some; only with more than one
///
/// The class fails when its tests leave work behind that holds resources, and when a node does not
/// close. It reads neither `manta.conf` nor the environment.
public final class MantaExtension
    implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
  private static final Duration LEAK_LIMIT = Duration.ofSeconds(5);

  /// How to start.
  private record Plan(int nodes, MantaConfig config, Duration limit, boolean leaksAllowed) {
    Plan {
      if (nodes < 1) {
        throw new IllegalArgumentException(nodes + " nodes must be 1 or more");
      }
    }

    static Plan defaults() {
      return new Plan(1, MantaConfig.defaults().withCpus(2), Duration.ofSeconds(60), false);
    }

    static Plan of(MantaTest test) {
      MantaConfig config = MantaConfig.defaults().withCpus(test.cpus());
      for (String setting : test.settings()) {
        String[] parts = setting.split("=", 2);
        config =
            config.withSetting(parts[0].strip(), parts.length < 2 ? "" : parts[1], "@MantaTest");
      }
      return new Plan(
          test.nodes(), config, Duration.ofSeconds(test.timeLimitSeconds()), test.allowLeaks());
    }

    Running start(String owner) {
      if (nodes == 1) {
        return new Running(owner, this, Manta.start(config), Optional.empty());
      }
      LocalCluster cluster = LocalCluster.start(nodes, config, limit);
      try {
        return new Running(owner, this, cluster.connect(), Optional.of(cluster));
      } catch (RuntimeException | AssertionError e) {
        cluster.close();
        throw e;
      }
    }
  }

  /// What was started for a class.
  private record Running(String owner, Plan plan, Manta runtime, Optional<LocalCluster> cluster) {
    /// @param tests whose they are, for the error
    void close(String tests) {
      var failures = new ArrayList<Throwable>();
      if (!plan.leaksAllowed) {
        try {
          requireFree(tests);
        } catch (AssertionError | RuntimeException e) {
          failures.add(e);
        }
      }
      if (cluster.isPresent()) {
        try {
          cluster.get().close();
        } catch (AssertionError e) {
          failures.add(e);
        }
      } else {
        LocalCluster.close(runtime, plan.limit, failures);
      }
      LocalCluster.throwAll(failures);
    }

    private void requireFree(String tests) {
      if (runtime.whenClosed().toCompletableFuture().isDone()) {
        return;
      }
      if (!Eventually.becomesTrue(
          "all resources are free",
          LEAK_LIMIT,
          () -> runtime.availableResources().equals(runtime.clusterResources()))) {
        throw new AssertionError(
            "the tests of %s left work that holds resources %d s later (wait for what they submit, cancel it, end actors that hold some, or allow leaks): %s"
                .formatted(tests, LEAK_LIMIT.toSeconds(), Eventually.describe(runtime)));
      }
    }
  }

  private final Optional<Plan> plan;
  private final AtomicReference<Optional<Running>> running =
      new AtomicReference<>(Optional.empty());

  /// For [MantaTest].
  public MantaExtension() {
    this(Optional.empty());
  }

  private MantaExtension(Optional<Plan> plan) {
    this.plan = plan;
  }

  /// So many nodes with 2 cpus each, all in this JVM.
  public static MantaExtension withNodes(int count) {
    Plan defaults = Plan.defaults();
    return new MantaExtension(
        Optional.of(new Plan(count, defaults.config, defaults.limit, defaults.leaksAllowed)));
  }

  /// What each node offers.
  public MantaExtension cpus(double amount) {
    return config(config -> config.withCpus(amount));
  }

  /// Other settings of each node.
  public MantaExtension config(UnaryOperator<MantaConfig> change) {
    Plan old = given();
    return new MantaExtension(
        Optional.of(new Plan(old.nodes, change.apply(old.config), old.limit, old.leaksAllowed)));
  }

  /// For the start, for each wait and for the end of each node: 60 s by default.
  public MantaExtension timeLimit(Duration limit) {
    Plan old = given();
    return new MantaExtension(
        Optional.of(new Plan(old.nodes, old.config, limit, old.leaksAllowed)));
  }

  /// Tests may leave work behind.
  public MantaExtension allowLeaks() {
    Plan old = given();
    return new MantaExtension(Optional.of(new Plan(old.nodes, old.config, old.limit, true)));
  }

  private Plan given() {
    return plan.orElseGet(Plan::defaults);
  }

  /// What tests get as a [Manta].
  ///
  /// @throws IllegalStateException outside of a class
  public Manta runtime() {
    return required().runtime;
  }

  /// What tests get as a [LocalCluster].
  ///
  /// @throws IllegalStateException outside of a class, or with one node
  public LocalCluster cluster() {
    return required()
        .cluster
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is one embedded node and no LocalCluster; ask for 2 nodes or more"));
  }

  private Running required() {
    return running
        .get()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no runtime was started; an extension in a field needs a static one with"
                        + " @RegisterExtension"));
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    Optional<Running> before = running.get();
    if (before.isPresent()) {
      if (context.getUniqueId().startsWith(before.get().owner)) {
        return; // a nested class
      }
      throw new IllegalStateException(
          "this MantaExtension is in use by "
              + before.get().owner
              + "; classes that run at the same time need one each");
    }
    Plan chosen =
        plan.or(
                () ->
                    AnnotationSupport.findAnnotation(context.getElement(), MantaTest.class)
                        .map(Plan::of))
            .orElseGet(Plan::defaults);
    running.set(Optional.of(chosen.start(context.getUniqueId())));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Optional<Running> now = running.get();
    if (now.isPresent() && now.get().owner.equals(context.getUniqueId())) {
      running.set(Optional.empty());
      now.get().close(context.getDisplayName());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return Arrays.asList(Manta.class, LocalCluster.class)
        .contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    try {
      return parameter.getParameter().getType() == Manta.class ? runtime() : cluster();
    } catch (IllegalStateException e) {
      throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
    }
  }
}
