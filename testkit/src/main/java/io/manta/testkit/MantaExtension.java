package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
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
/// - [TestClock]: what the timers of actors on all nodes go by; only where that was asked for
///
/// The class fails when its tests leave work behind that holds resources, and when a node does not
/// close. It reads neither `manta.conf` nor the environment.
public final class MantaExtension
    implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
  private static final Set<Class<?>> PARAMETERS =
      Set.of(Manta.class, LocalCluster.class, TestClock.class);

  private final Optional<TestPlan> plan;
  private final AtomicReference<Optional<TestRun>> running =
      new AtomicReference<>(Optional.empty());

  /// For [MantaTest].
  public MantaExtension() {
    this(Optional.empty());
  }

  private MantaExtension(Optional<TestPlan> plan) {
    this.plan = plan;
  }

  /// So many nodes with 2 cpus each, all in this JVM. One is embedded and opens no port.
  public static MantaExtension withNodes(int count) {
    return new MantaExtension(Optional.of(TestPlan.defaults().withNodes(count)));
  }

  private MantaExtension with(UnaryOperator<TestPlan> change) {
    return new MantaExtension(Optional.of(change.apply(plan.orElseGet(TestPlan::defaults))));
  }

  /// What each node offers.
  public MantaExtension cpus(double amount) {
    return config(config -> config.withCpus(amount));
  }

  /// Other settings of each node.
  public MantaExtension config(UnaryOperator<MantaConfig> change) {
    return with(old -> old.withConfig(change.apply(old.config())));
  }

  /// For the start, for each wait and for the end of each node: 60 s by default.
  public MantaExtension timeLimit(Duration limit) {
    return with(old -> old.withLimit(limit));
  }

  /// Tests may leave work behind.
  public MantaExtension allowLeaks() {
    return with(TestPlan::withLeaks);
  }

  /// The timers of actors go by [#clock], which tests turn.
  public MantaExtension turnClock() {
    return with(TestPlan::withTurnedClock);
  }

  /// What tests get as a [Manta].
  ///
  /// @throws IllegalStateException outside of a class
  public Manta runtime() {
    return required().runtime();
  }

  /// What tests get as a [LocalCluster].
  ///
  /// @throws IllegalStateException outside of a class, or with one node
  public LocalCluster cluster() {
    return required()
        .cluster()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is one embedded node and no LocalCluster; ask for 2 nodes or more"));
  }

  /// What tests get as a [TestClock].
  ///
  /// @throws IllegalStateException outside of a class, or where it was not asked for
  public TestClock clock() {
    return required()
        .clock()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "timers go by the system's clock; ask for another by turnClock"));
  }

  private TestRun required() {
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
    Optional<TestRun> before = running.get();
    if (before.isPresent()) {
      if (context.getUniqueId().startsWith(before.get().owner() + "/")) {
        return; // a nested class
      }
      throw new IllegalStateException(
          "this MantaExtension is in use by "
              + before.get().owner()
              + "; classes that run at the same time need one each");
    }
    TestPlan chosen =
        plan.or(
                () ->
                    AnnotationSupport.findAnnotation(context.getElement(), MantaTest.class)
                        .map(TestPlan::of))
            .orElseGet(TestPlan::defaults);
    running.set(Optional.of(chosen.start(context.getUniqueId())));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Optional<TestRun> now = running.get();
    if (now.isPresent() && now.get().owner().equals(context.getUniqueId())) {
      running.set(Optional.empty());
      now.get().close(context.getDisplayName());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return PARAMETERS.contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    try {
      return type == Manta.class ? runtime() : type == LocalCluster.class ? cluster() : clock();
    } catch (IllegalStateException e) {
      throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
    }
  }
}
