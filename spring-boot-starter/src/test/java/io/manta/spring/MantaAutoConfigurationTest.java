package io.manta.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MantaAutoConfigurationTest {
  private final ApplicationContextRunner application =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  MantaAutoConfiguration.class, MantaHealthAutoConfiguration.class))
          .withPropertyValues("manta.cpus=2");

  @Test
  void shouldStartAnEmbeddedNodeWhenNothingIsSet() {
    var runtime = new ArrayList<Manta>();
    application.run(
        context -> {
          Manta manta = context.getBean(Manta.class);
          runtime.add(manta);
          assertThat(manta.submit(() -> 6 * 7).get()).isEqualTo(42);
          assertThat(manta.address()).isEmpty();
          assertThat(manta.config().resources().cpus()).isEqualTo(2);
          assertThat(health(manta).getStatus()).isEqualTo(Status.UP);
        });

    assertThat(runtime.getFirst().whenClosed().toCompletableFuture()).isDone();
  }

  @Test
  void shouldJoinAsANodeOrConnectAsADriverWhenAddressesAreSet() {
    application
        .withPropertyValues("manta.port=0")
        .run(
            first -> {
              Manta node = first.getBean(Manta.class);
              String address = "manta.addresses=" + node.address().orElseThrow();
              application
                  .withPropertyValues(address)
                  .run(
                      second -> {
                        Manta joined = second.getBean(Manta.class);
                        Awaitility.await()
                            .until(() -> node.nodes().size() == 2 && joined.nodes().size() == 2);
                        assertThat(health(joined).getDetails()).containsEntry("nodes", 2);
                      });
              Awaitility.await().until(() -> node.nodes().size() == 1);
              application
                  .withPropertyValues(address, "manta.mode=connect")
                  .run(
                      third -> {
                        Manta driver = third.getBean(Manta.class);
                        assertThat(driver.submit(() -> Manta.context().node()).get())
                            .isEqualTo(node.id());
                        assertThat(node.nodes()).hasSize(1);
                      });
            });
  }

  @Test
  void shouldTellIdAddressAndNodesWhenUpAndBeDownWhenTheRuntimeEnded() {
    application
        .withPropertyValues("manta.port=0")
        .run(
            context -> {
              Manta manta = context.getBean(Manta.class);
              Health up = context.getBean(MantaHealthIndicator.class).health();
              assertThat(up.getStatus()).isEqualTo(Status.UP);
              assertThat(up.getDetails())
                  .containsEntry("id", manta.id().toString())
                  .containsEntry("address", manta.address().orElseThrow())
                  .containsEntry("nodes", 1);

              manta.close();

              Health down = context.getBean(MantaHealthIndicator.class).health();
              assertThat(down.getStatus()).isEqualTo(Status.DOWN);
              assertThat(down.getDetails().get("reason"))
                  .asString()
                  .startsWith("the runtime has ended");
            });
  }

  /// Stands for the web server: it ends with the phases of the lifecycle, and a request that it is
  /// still answering uses the runtime.
  static final class LastRequest implements SmartLifecycle {
    private final Manta manta;
    private final List<Integer> answers;
    private boolean running;

    LastRequest(Manta manta, List<Integer> answers) {
      this.manta = manta;
      this.answers = answers;
    }

    @Override
    public void start() {
      running = true;
    }

    @Override
    public void stop() {
      answers.add(manta.submit(() -> 1).get());
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }

    @Override
    public int getPhase() {
      return Integer.MIN_VALUE; // the last to stop
    }
  }

  /// A bean that uses the runtime when it is destroyed.
  record Closing(Manta manta, List<Integer> answers) implements AutoCloseable {
    @Override
    public void close() {
      answers.add(manta.submit(() -> 2).get());
    }
  }

  @Test
  void shouldCloseTheRuntimeLastWhenTheApplicationEnds() {
    List<Integer> answers = new ArrayList<>();
    application
        .withInitializer(
            context -> {
              var beans = (org.springframework.context.support.GenericApplicationContext) context;
              beans.registerBean(
                  "lastRequest",
                  LastRequest.class,
                  () -> new LastRequest(context.getBean(Manta.class), answers));
              beans.registerBean(
                  "closing",
                  Closing.class,
                  () -> new Closing(context.getBean(Manta.class), answers));
            })
        .run(context -> assertThat(context).hasNotFailed());

    assertThat(answers).containsExactly(1, 2);
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnConfig {
    @Bean
    MantaConfig mine() {
      return MantaConfig.defaults().withCpus(1).withResource("own", 1);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntime {
    @Bean
    Manta mine() {
      return Manta.start(MantaConfig.defaults().withCpus(1));
    }
  }

  @Test
  void shouldBackOffWhenTheApplicationHasBeansOfItsOwn() {
    application
        .withUserConfiguration(OwnConfig.class)
        .run(
            context ->
                assertThat(context.getBean(Manta.class).config().resources().amount("own"))
                    .isEqualTo(1));
    application
        .withUserConfiguration(OwnRuntime.class)
        .run(context -> assertThat(context).hasSingleBean(Manta.class).hasBean("mine"));
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Everything {}

  @Test
  void shouldBeFoundWhenAnApplicationTakesAllAutoConfigurations() {
    new ApplicationContextRunner()
        .withUserConfiguration(Everything.class)
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(Manta.class)
                    .hasSingleBean(MantaHealthIndicator.class));
  }

  @Configuration(proxyBeanMethods = false)
  @ImportAutoConfiguration({MantaAutoConfiguration.class, MantaHealthAutoConfiguration.class})
  static class OursOnly {}

  @Test
  void shouldHaveNoHealthWhenThereIsNoActuatorOrItIsTurnedOff() {
    new ApplicationContextRunner()
        .withUserConfiguration(OursOnly.class)
        .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(Manta.class)
                    .doesNotHaveBean("mantaHealthIndicator"));
    application
        .withPropertyValues("management.health.manta.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("mantaHealthIndicator"));
  }

  @Test
  void shouldFailInWordsWhenItCanNotStart() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      application
          .withPropertyValues("manta.port=" + taken.getLocalPort())
          .run(
              context ->
                  assertThat(analysis(context.getStartupFailure(), ConfigurationException.class))
                      .extracting(FailureAnalysis::getDescription)
                      .asString()
                      .contains("port " + taken.getLocalPort() + " of 127.0.0.1 is taken"));
    }
    application
        .withPropertyValues("manta.addresses=manta://127.0.0.1:1", "manta.join-timeout=1s")
        .run(
            context -> {
              FailureAnalysis analysis =
                  analysis(context.getStartupFailure(), ClusterUnavailableException.class);
              assertThat(analysis.getDescription()).contains("no node answered at 127.0.0.1:1");
              assertThat(analysis.getAction()).contains("manta.addresses");
            });
    application
        .withPropertyValues("manta.mode=driver")
        .run(context -> assertThat(context).hasFailed());
  }

  private static FailureAnalysis analysis(Throwable failure, Class<?> cause) {
    FailureAnalysis analysis = new MantaFailureAnalyzer().analyze(failure);
    assertThat(analysis).isNotNull();
    assertThat(analysis.getCause()).isInstanceOf(cause);
    return analysis;
  }

  private static Health health(Manta manta) {
    return Objects.requireNonNull(new MantaHealthIndicator(manta).health());
  }
}
