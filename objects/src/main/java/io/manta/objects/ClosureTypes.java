package io.manta.objects;

import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.util.Optional;

/// What a lambda takes and gives by its source, which its class does not tell: for messages.
public final class ClosureTypes {
  private ClosureTypes() {}

  /// The class of what it gives, as narrow as its source says: that of a constructor reference is
  /// the class constructed. Empty of what is no lambda of Java's that may travel.
  public static Optional<Class<?>> result(Object closure) {
    return LambdaSerializer.form(closure).flatMap(form -> result(form, loader(closure)));
  }

  /// The class of what it takes first, when it takes something that it did not capture. Empty of
  /// what is no lambda of Java's that may travel.
  public static Optional<Class<?>> parameter(Object closure) {
    return LambdaSerializer.form(closure)
        .flatMap(form -> type(form.getInstantiatedMethodType(), loader(closure)))
        .filter(type -> type.parameterCount() > 0)
        .map(type -> type.parameterType(0));
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
