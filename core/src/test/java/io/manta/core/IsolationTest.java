package io.manta.core;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class IsolationTest {
  @Test
  void shouldNameAVariableThatNoProcessCanHave() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Isolation.defaults().withVariable("A=B", "x"))
        .withMessageContaining("'A=B' is no name of an environment variable");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RuntimeEnvironment.empty().withVariable("A", "x\0"))
        .withMessageContaining("'A' has a value with a zero character");
  }

  @Test
  void shouldNameWhatIsNoOption() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Isolation.defaults().withJvmOptions("Xmx4g"))
        .withMessageContaining("'Xmx4g' is not an option of a JVM");
  }
}
