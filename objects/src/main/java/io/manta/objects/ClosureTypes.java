package io.manta.objects;

import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.util.Optional;
import java.util.function.Supplier;

/// What a lambda takes and gives by its source, which its class does not tell: for messages. What
/// can't be found out is empty.
public final class ClosureTypes {
  /// Per class of a lambda; it needs an instance and is made with the first.
  private static final class Result {
    private volatile boolean known;
    private volatile Optional<Class<?>> type = Optional.empty();

    Optional<Class<?>> of(Object closure) {
      if (!known) {
        type = found(() -> LambdaSerializer.form(closure).flatMap(f -> result(f, loader(closure))));
        known = true;
      }
      return type;
    }
  }

  private static final ClassValue<Result> RESULTS =
      new ClassValue<>() {
        @Override
        protected Result computeValue(Class<?> type) {
          return new Result();
        }
      };

  private ClosureTypes() {}

  /// The class of what it gives, as narrow as its source says: that of a constructor reference is
  /// the class constructed. Empty of what is no lambda of Java's that may travel.
  public static Optional<Class<?>> result(Object closure) {
    return RESULTS.get(closure.getClass()).of(closure);
  }

  /// The class of what it takes first, when it takes something that it did not capture. Empty of
  /// what is no lambda of Java's that may travel.
  public static Optional<Class<?>> parameter(Object closure) {
    return found(
        () ->
            LambdaSerializer.form(closure)
                .flatMap(form -> type(form.getInstantiatedMethodType(), loader(closure)))
                .filter(type -> type.parameterCount() > 0)
                .map(type -> type.parameterType(0)));
  }

  /// A message must not fail for want of a name.
  private static Optional<Class<?>> found(Supplier<Optional<Class<?>>> search) {
    try {
      return search.get();
    } catch (RuntimeException | LinkageError e) {
      return Optional.empty();
    }
  }

  private static Optional<Class<?>> result(SerializedLambda form, ClassLoader loader) {
    if (form.getImplMethodKind() == MethodHandleInfo.REF_newInvokeSpecial) {
      return type("()L" + form.getImplClass() + ";", loader).map(MethodType::returnType);
    }
    Optional<Class<?>> wanted =
        type(form.getInstantiatedMethodType(), loader).map(MethodType::returnType);
    Optional<Class<?>> given =
        type(form.getImplMethodSignature(), loader).map(MethodType::returnType);
    boolean narrower =
        given.isPresent() && wanted.filter(type -> !type.isAssignableFrom(given.get())).isEmpty();
    return narrower ? given : wanted;
  }

  private static Optional<MethodType> type(String descriptor, ClassLoader loader) {
    try {
      return Optional.of(MethodType.fromMethodDescriptorString(descriptor, loader));
    } catch (TypeNotPresentException e) {
      return Optional.empty();
    }
  }

  private static ClassLoader loader(Object closure) {
    return closure.getClass().getClassLoader();
  }
}
