"""What a Choice state's own Assign and Output are for: the case that no rule holds.

LocalStack goes by the name of the next state: where a rule that holds leads to the same state as Default, it assigns what
Default assigns as well.
"""


def apply_to_default_only() -> None:
    from localstack.services.stepfunctions.asl.component.state.state_choice.state_choice import StateChoice

    usual_output = StateChoice._eval_state_output

    def eval_state(self: StateChoice, env) -> None:
        for rule in self.choices_decl.rules:
            rule.eval(env)
            if env.stack.pop() is True:
                env.choice_rule_holds = True
                env.stack.append(rule.next_stmt.name)
                return
        if self.default_state is None:
            raise RuntimeError(f"No branching option reached in state {self.name}")
        env.choice_rule_holds = False
        env.stack.append(self.default_state.state_name)

    def eval_state_output(self: StateChoice, env) -> None:
        if env.choice_rule_holds and not self._is_language_query_jsonpath():
            env.next_state_name = env.stack.pop()
            return
        usual_output(self, env)

    StateChoice._eval_state = eval_state
    StateChoice._eval_state_output = eval_state_output
