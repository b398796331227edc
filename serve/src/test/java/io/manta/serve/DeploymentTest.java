package io.manta.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.DataSize;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeploymentTest {
  static final class Echo implements Handler<String, String> {
    @Override
    public String handle(String request) {
      return request;
    }
  }

  private final Deployment<String, String> echo = Deployment.of("echo", Echo::new);

  @Test
  void shouldHaveTheseDefaults() {
    assertThat(echo.options())
        .isEqualTo(
            new DeploymentOptions(
                1,
                Optional.empty(),
                100,
                1000,
                Duration.ofSeconds(30),
                Optional.empty(),
                false,
                new DataSize(8 << 20),
                Duration.ofMinutes(2)));
    assertThat(echo.route()).isEqualTo("/echo");
  }

  @Test
  void shouldSetEachOption() {
    assertThat(
            echo.replicas(2)
                .cpus(1)
                .gpus(0.5)
                .memory("1KiB")
                .resource("licence", 2)
                .maxOngoing(3)
                .maxQueued(4)
                .timeout(Duration.ofSeconds(5))
                .route("/v1/echo")
                .idempotent()
                .maxBody("6MiB")
                .startTimeout(Duration.ofSeconds(7))
                .options())
        .isEqualTo(
            new DeploymentOptions(
                2,
                Optional.of(
                    Resources.cpus(1)
                        .with(Resources.GPU, 0.5)
                        .with(Resources.MEMORY, 1024)
                        .with("licence", 2)),
                3,
                4,
                Duration.ofSeconds(5),
                Optional.of("/v1/echo"),
                true,
                new DataSize(6 << 20),
                Duration.ofSeconds(7)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "classify", "/classify/", "//", "/a//b", "/a b", "/a?b", "/-/x", "/-"})
  void shouldRefuseARouteThatIsNoPathPrefix(String route) {
    assertThatThrownBy(() -> echo.route(route))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("route '" + route + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a", "/a/b-c/d.e_f~1"})
  void shouldTakeARouteThatIsAPathPrefix(String route) {
    assertThat(echo.route(route).route()).isEqualTo(route);
  }

  @Test
  void shouldNameTheOptionThatIsOutOfRange() {
    assertThatThrownBy(() -> echo.replicas(0))
        .hasMessage("replicas of 0 must be between 1 and 10000");
    assertThatThrownBy(() -> echo.maxOngoing(0)).hasMessageContaining("maxOngoing of 0");
    assertThatThrownBy(() -> echo.maxQueued(-1)).hasMessageContaining("maxQueued of -1");
    assertThatThrownBy(() -> echo.timeout(Duration.ofHours(1)))
        .hasMessageContaining("timeout of PT1H");
    assertThatThrownBy(() -> echo.maxBody("2GiB")).hasMessageContaining("maxBody of 2.0 GiB");
    assertThatThrownBy(() -> echo.startTimeout(Duration.ZERO)).hasMessageContaining("startTimeout");
    assertThatThrownBy(() -> Deployment.of("a/b", Echo::new)).hasMessageContaining("name 'a/b'");
  }
}
