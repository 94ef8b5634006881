import env_api
import env_api.actions


def test_public_names_are_sorted_and_there() -> None:
    for package in (env_api, env_api.actions):
        assert package.__all__ == sorted(package.__all__)
        assert all(hasattr(package, name) for name in package.__all__)
